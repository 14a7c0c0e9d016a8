//! What a device believes, through resets and cuts.

use embedded_storage::nor_flash::NorFlash;
use mote_node::{Beliefs, BeliefsError};
use mote_power_cut::{Fault, Nor, Tear};
use mote_release::trust::document::Timestamp;
use mote_release::trust::{Role, TrustError};
use mote_release::{Keys, RootFacts, SecretKey, root, timestamp};
use mote_slots::Region;

const REGION: Region = Region { offset: 0, bytes: 4 * Nor::ERASE_SIZE as u32 };

fn key(role: Role) -> SecretKey {
    SecretKey::from_seed(role, [role as u8; 32])
}

fn root_of(version: u32) -> Vec<u8> {
    let keys = Keys { keys: Role::ALL.map(|role| vec![key(role).public()]), thresholds: [1; 4] };
    let facts = RootFacts { version, fleet: "fleet", issued: 10, expires: 1_000, ..RootFacts::default() };
    root(&facts, &keys, &[&key(Role::Root)]).unwrap()
}

fn stamp(version: u64, root_version: u32) -> Vec<u8> {
    let body = Timestamp { version, issued: 20, expires: 100, root_version, assignments_from: 0 };
    timestamp(&body, &[&key(Role::Timestamp)]).unwrap()
}

#[test]
fn beliefs_are_written_down_before_they_count_and_a_cut_leaves_the_old_or_the_new() {
    let mut flash = Nor::new(REGION.bytes as usize, 1);
    let first = root_of(1);
    let mut beliefs = Beliefs::open(&mut flash, REGION, &first).unwrap();
    beliefs.take_timestamp(&mut flash, &stamp(1, 1), 20).unwrap();
    let replayed = beliefs.take_timestamp(&mut flash, &stamp(1, 1), 20);
    assert_eq!(replayed, Err(BeliefsError::Trust(TrustError::Replayed)));
    let trusted = Beliefs::open(&mut flash, REGION, &first).unwrap();
    assert_eq!((trusted.trusted().root_version(), trusted.trusted().timestamp_version()), (1, 1));
    let mut cuts = 0;
    for operation in 0..2 {
        for words in 0..128 {
            for tear in Tear::ALL {
                let mut flash = flash.clone();
                flash.power_on();
                flash.plan_cut(operation, Fault::Inside { words, tear });
                let mut beliefs = trusted;
                let result = beliefs.take_root(&mut flash, &root_of(2));
                if flash.is_off() {
                    assert!(matches!(result, Err(BeliefsError::Storage(_))));
                    assert_eq!(beliefs.trusted().root_version(), 1);
                    cuts += 1;
                }
                flash.power_on();
                let mut beliefs = Beliefs::open(&mut flash, REGION, &first).unwrap();
                if beliefs.trusted().root_version() == 1 {
                    assert_eq!(beliefs.trusted().timestamp_version(), 1);
                    beliefs.take_root(&mut flash, &root_of(2)).unwrap();
                }
                beliefs.take_timestamp(&mut flash, &stamp(2, 2), 20).unwrap();
                let beliefs = Beliefs::open(&mut flash, REGION, &first).unwrap();
                assert_eq!((beliefs.trusted().root_version(), beliefs.trusted().timestamp_version()), (2, 2));
            }
        }
    }
    assert!(cuts > 400, "{cuts} cuts");
}
