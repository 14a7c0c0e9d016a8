//! Rules that every target file keeps.

use super::*;

#[test]
fn every_target_parses_and_has_flash_and_ram() {
    let targets = all();
    assert!(targets.len() >= 20);
    for target in targets {
        let fit = target.fit(0, 0);
        assert!(fit.ram_available_bytes > 0 && fit.flash_available_bytes > 0, "{}", target.name);
        assert_eq!(find(&target.name).unwrap(), target);
        assert!(target.clock_hz > 0 && !target.title.is_empty(), "{}", target.name);
    }
}

#[test]
fn names_are_the_folders_and_files_name_their_source() {
    for source in SOURCES {
        assert!(source.starts_with("# Source: "), "a target file without its source: {}", &source[..60]);
    }
    for target in all() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(&target.name);
        assert!(folder.join("target.toml").is_file(), "{}: folder and name differ", target.name);
    }
}

#[test]
fn regions_do_not_overlap_and_are_whole_words() {
    for target in all() {
        for (index, region) in target.regions.iter().enumerate() {
            assert!(region.bytes > 0 && region.bytes % 1024 == 0, "{}: {}", target.name, region.name);
            assert_eq!(region.origin % 16, 0, "{}: {}", target.name, region.name);
            let addressed = region.kind != RegionKind::Storage;
            for other in target.regions.iter().skip(index + 1) {
                assert_ne!(region.name, other.name, "{}", target.name);
                let apart = region.end() <= other.origin || other.end() <= region.origin;
                let both = addressed && other.kind != RegionKind::Storage;
                assert!(apart || !both, "{}: {} and {} overlap", target.name, region.name, other.name);
            }
            let narrow = target.triple.starts_with("thumb") || target.triple.starts_with("riscv32");
            assert!(!narrow || region.end() <= 1 << 32, "{}: {} is out of reach", target.name, region.name);
        }
    }
}

#[test]
fn flash_geometry_is_powers_of_two_that_divide_each_other() {
    for target in all() {
        let FlashGeometry { page_bytes, erase_bytes, write_bytes } = target.flash;
        for bytes in [page_bytes, erase_bytes, write_bytes] {
            assert!(bytes.is_power_of_two(), "{}: {bytes}", target.name);
        }
        assert!(write_bytes <= page_bytes && page_bytes <= erase_bytes, "{}", target.name);
        for region in target.regions.iter().filter(|region| region.kind == RegionKind::Flash) {
            assert_eq!(region.bytes % u64::from(erase_bytes), 0, "{}: {}", target.name, region.name);
        }
    }
}

#[test]
fn the_reserve_is_smaller_than_the_memory() {
    for target in all() {
        let largest = target.regions.iter().filter(|region| region.kind == RegionKind::Ram).map(|region| region.bytes);
        assert!(target.reserved.ram_bytes < largest.max().unwrap(), "{}", target.name);
        let flash = |region: &&Region| [RegionKind::Flash, RegionKind::Storage].contains(&region.kind);
        let flash: u64 = target.regions.iter().filter(flash).map(|region| region.bytes).sum();
        assert!(target.reserved.flash_bytes < flash, "{}", target.name);
    }
}

#[test]
fn tiers_say_what_can_be_done_with_a_target() {
    for target in all() {
        let runs = target.emulator.is_some() || target.user_mode.is_some();
        match target.tier {
            1 => assert!(runs, "{}: nothing runs it", target.name),
            2 => assert!(!runs && target.physical.is_some(), "{}: nothing builds it", target.name),
            3 => assert!(!runs && target.physical.is_none(), "{}: more than described", target.name),
            other => panic!("{}: tier {other}", target.name),
        }
    }
}

#[test]
fn triples_and_cores_belong_together() {
    for target in all() {
        let expected = match target.cpu.as_str() {
            "cortex-m0" | "cortex-m0plus" => "thumbv6m-none-eabi",
            "cortex-m3" => "thumbv7m-none-eabi",
            "cortex-m4" | "cortex-m4f" | "cortex-m7" => "thumbv7em-none-eabihf",
            "cortex-m33" | "cortex-m55" | "cortex-m85" => "thumbv8m.main-none-eabihf",
            "rv32imc" => "riscv32imc-unknown-none-elf",
            "rv32imac" => "riscv32imac-unknown-none-elf",
            "aarch64" => "aarch64-unknown-linux-gnu",
            "riscv64gc" => "riscv64gc-unknown-linux-gnu",
            "x86-64" => "x86_64-unknown-linux-gnu",
            other => panic!("{}: core {other}", target.name),
        };
        assert_eq!(target.triple, expected, "{}", target.name);
        assert_eq!(target.user_mode.is_some(), target.triple.contains("linux"), "{}", target.name);
    }
}

#[test]
fn emulated_targets_keep_models_apart_from_image_and_memory() {
    let emulated: Vec<Target> = all().into_iter().filter(|target| target.emulator.is_some()).collect();
    assert!(emulated.len() >= 8);
    for target in emulated {
        let Some(emulator) = &target.emulator else { continue };
        let mut ram = target.regions.iter().filter(|region| region.kind == RegionKind::Ram);
        let address = emulator.model_address;
        assert!(!ram.any(|region| region.contains(address)), "{}: the model would be overwritten", target.name);
        assert_eq!(address % 16, 0, "{}: models are aligned", target.name);
    }
}

#[test]
fn physical_boards_have_a_chip_a_model_place_and_a_port() {
    let physical: Vec<Target> = all().into_iter().filter(|target| target.physical.is_some()).collect();
    assert!(physical.len() >= 6);
    for target in physical {
        let Some(board) = &target.physical else { continue };
        assert!(!board.probe_chip.is_empty() && !board.probe_chip.contains(' '), "{}", target.name);
        let flash = target.region(RegionKind::Flash).unwrap();
        assert!(flash.contains(board.model_address), "{}: the model is not in flash", target.name);
        let unit = u64::from(target.flash.erase_bytes);
        assert_eq!((board.model_address - flash.origin) % unit, 0, "{}: erasing would hit the image", target.name);
        let offered = target.fit(0, 0).flash_available_bytes;
        assert_eq!(target.model_room_bytes(), Some(offered), "{}: room and offer differ", target.name);
        assert_eq!(board.uart_address == 0, board.uart == Uart::Semihosting, "{}", target.name);
    }
}

#[test]
fn memory_maps_end_where_the_model_begins() {
    let map = find("nrf52840").unwrap().memory_x().unwrap();
    let board = find("nrf52840").unwrap();
    let length = board.model_address().unwrap();
    assert!(map.contains(&format!("FLASH : ORIGIN = 0x0, LENGTH = {length:#x}")), "{map}");
    assert!(map.contains("RAM   : ORIGIN = 0x20000000, LENGTH = 0x40000"), "{map}");
    assert!(map.contains("stack_bytes = 0x8000;"), "{map}");
    assert_eq!(board.model_room_bytes(), Some(0x10_0000 - length));
    assert!(find("mps3-an547").unwrap().memory_x().unwrap().contains("LENGTH = 0x80000"), "the model is elsewhere");
    assert!(find("linux-aarch64").unwrap().memory_x().is_none());
}

#[test]
fn fit_counts_reserve_and_budget() {
    let mut board = find("nrf52840").unwrap();
    assert!(board.fit(256 * 1024 - 32768, 1024).fits());
    let fit = board.fit(256 * 1024 - 32768 + 1, 1024);
    assert_eq!((fit.fits(), fit.ram_missing_bytes(), fit.flash_missing_bytes()), (false, 1, 0));
    board.budgets = Some(Budgets { arena_bytes: Some(1000), model_bytes: Some(500) });
    let fit = board.fit(1001, 502);
    assert_eq!((fit.ram_missing_bytes(), fit.flash_missing_bytes()), (1, 2));
    assert!(find("nonesuch").unwrap_err().to_string().contains("nrf52840"));
}
