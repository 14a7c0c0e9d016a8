//! What a chip's boot code wants in the flash besides vectors. The linker script has the places.

/// The RP2040 copies 256 bytes from the start of its flash and runs them: they switch the flash to memory-mapped reads,
/// then go on to the vectors behind them. Source: RP2040 datasheet, bootrom chapter; Raspberry Pi's loader for the W25Q080
/// of the Pico, from the crate rp2040-boot2.
#[cfg(boot = "rp2040-boot2")]
#[used]
#[unsafe(link_section = ".boot_loader")]
static BOOT_LOADER: [u8; 256] = rp2040_boot2::BOOT_LOADER_W25Q080;

/// The RP2350 starts an image that says what it is for: marker, item (executable for Arm in secure state, or for
/// RISC-V), last item, end of the loop of blocks, marker. Source: RP2350 datasheet, minimum Arm and RISC-V image
/// definitions.
#[cfg(boot = "rp2350-image-definition")]
#[used]
#[unsafe(link_section = ".image_definition")]
static IMAGE_DEFINITION: [u32; 5] = [0xFFFF_DED3, EXECUTABLE, 0x0000_01FF, 0x0000_0000, 0xAB12_3579];

#[cfg(all(boot = "rp2350-image-definition", target_arch = "arm"))]
const EXECUTABLE: u32 = 0x1021_0142;
#[cfg(all(boot = "rp2350-image-definition", target_arch = "riscv32"))]
const EXECUTABLE: u32 = 0x1101_0142;
