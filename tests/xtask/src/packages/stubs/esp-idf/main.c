/* The system calls app_main. */
void app_main(void);
int stub_main(void);
int stub_main(void)
{
    app_main();
    return 0;
}
