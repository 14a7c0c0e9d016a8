//! Checks the layer law of `layer_table` over what cargo says about the workspace.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::layer_table::{DEVICE_EXTERNAL_CRATES, PLACES, Place, Side};
use crate::report::{Outcome, Problem, failed};
use crate::{command, repository};

/// A crate of the workspace with the workspace crates it uses, tests and build scripts
/// included: those must obey the law too.
struct Member {
    name: String,
    internal: BTreeSet<String>,
}

/// The check, over the whole workspace.
pub fn check() -> Outcome {
    let workspace = metadata(&["--no-deps"])?;
    let members = members(&workspace);
    let mut faults = law_faults(PLACES, &members);
    let mut externals = BTreeSet::new();
    for triple in ["thumbv6m-none-eabi", "riscv32imc-unknown-none-elf"] {
        // Resolved for bare metal and apart from the host's crates, whose features would
        // otherwise count.
        let manifest = repository::manifest("tests/no_std");
        let resolved = metadata(&["--filter-platform", triple, "--manifest-path", &manifest.to_string_lossy()])?;
        faults.extend(missing_device_crates(&resolved, PLACES));
        externals.extend(device_externals(&resolved, PLACES));
    }
    for name in &externals {
        if !DEVICE_EXTERNAL_CRATES.contains(&name.as_str()) {
            faults.push(format!("device code is built from {name}, which is not on the list for it"));
        }
    }
    if faults.is_empty() {
        let list: Vec<_> = externals.iter().map(String::as_str).collect();
        println!("{} crates in order; device code uses {}", members.len(), list.join(" "));
        return Ok(());
    }
    failed(faults.join("\n"))
}

fn metadata(arguments: &[&str]) -> Result<Value, Problem> {
    let mut command = command::cargo();
    command.args(["metadata", "--format-version", "1", "--quiet"]).args(arguments);
    Ok(serde_json::from_str(&command::read(&mut command)?)?)
}

/// An array field of a JSON object; empty if absent.
fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field].as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

fn members(workspace: &Value) -> Vec<Member> {
    let packages = list(workspace, "packages");
    packages
        .iter()
        .map(|package| Member {
            name: text(package, "name").to_owned(),
            // A dependency with a path is one of ours.
            internal: list(package, "dependencies")
                .iter()
                .filter(|dependency| dependency["path"].is_string())
                .map(|dependency| text(dependency, "name").to_owned())
                .collect(),
        })
        .collect()
}

/// Every breach of the law, as sentences.
fn law_faults(places: &[Place], members: &[Member]) -> Vec<String> {
    let table: BTreeMap<&str, Place> = places.iter().map(|place| (place.package, *place)).collect();
    let mut faults = Vec::new();
    for member in members {
        let Some(place) = table.get(member.name.as_str()) else {
            faults.push(format!("{} is not in the layer table", member.name));
            continue;
        };
        for name in &member.internal {
            let Some(used) = table.get(name.as_str()) else {
                faults.push(format!("{} uses {name}, which is not in the layer table", member.name));
                continue;
            };
            if place.side == Side::Device && used.side == Side::Host {
                faults.push(format!("device crate {} uses host crate {name}", member.name));
            } else if used.layer >= place.layer {
                faults.push(format!("{} (layer {}) uses {name} (layer {})", member.name, place.layer, used.layer));
            }
        }
    }
    for place in places {
        if !members.iter().any(|member| member.name == place.package) {
            faults.push(format!("{} is in the layer table but not in the workspace", place.package));
        }
    }
    faults
}

/// Device crates that the bare-metal build leaves out, as sentences.
fn missing_device_crates(resolved: &Value, places: &[Place]) -> Vec<String> {
    let built: BTreeSet<&str> = list(resolved, "packages").iter().map(|package| text(package, "name")).collect();
    let missing = places.iter().filter(|place| place.side == Side::Device && !built.contains(place.package));
    missing.map(|place| format!("tests/no_std does not build {}", place.package)).collect()
}

/// Names of the external crates that device crates reach through ordinary dependencies.
fn device_externals(resolved: &Value, places: &[Place]) -> BTreeSet<String> {
    let names: BTreeMap<&str, &str> =
        list(resolved, "packages").iter().map(|package| (text(package, "id"), text(package, "name"))).collect();
    let is_device = |name: &str| places.iter().any(|place| place.package == name && place.side == Side::Device);
    let nodes: BTreeMap<&str, &Value> =
        list(&resolved["resolve"], "nodes").iter().map(|node| (text(node, "id"), node)).collect();
    let mut pending: Vec<&str> =
        nodes.keys().copied().filter(|id| names.get(id).is_some_and(|name| is_device(name))).collect();
    let mut seen: BTreeSet<&str> = pending.iter().copied().collect();
    while let Some(id) = pending.pop() {
        let Some(node) = nodes.get(id) else { continue };
        for dependency in list(node, "deps") {
            let ordinary = list(dependency, "dep_kinds").iter().any(|kind| kind["kind"].is_null());
            let target = text(dependency, "pkg");
            if ordinary && seen.insert(target) {
                pending.push(target);
            }
        }
    }
    seen.into_iter()
        .filter_map(|id| names.get(id))
        .filter(|name| !is_device(name))
        .map(|name| (*name).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Member, law_faults};
    use crate::layer_table::{Place, Side};

    const TABLE: &[Place] = &[
        Place { package: "low", layer: 0, side: Side::Device },
        Place { package: "high", layer: 10, side: Side::Device },
        Place { package: "tool", layer: 5, side: Side::Host },
    ];

    fn member(name: &str, internal: &[&str]) -> Member {
        let internal = internal.iter().map(|name| (*name).to_owned()).collect();
        Member { name: name.to_owned(), internal }
    }

    fn faults(low: &[&str], high: &[&str], extra: &[&str]) -> Vec<String> {
        let mut members = vec![member("low", low), member("high", high), member("tool", &["low"])];
        members.extend(extra.iter().map(|name| member(name, &[])));
        law_faults(TABLE, &members)
    }

    #[test]
    fn downward_is_fine() {
        assert!(faults(&[], &["low"], &[]).is_empty());
    }

    #[test]
    fn upward_is_a_fault() {
        assert_eq!(faults(&["high"], &[], &[]), ["low (layer 0) uses high (layer 10)"]);
    }

    #[test]
    fn device_on_host_is_a_fault_even_downward() {
        assert_eq!(faults(&[], &["tool"], &[]), ["device crate high uses host crate tool"]);
    }

    #[test]
    fn unknown_and_missing_crates_are_faults() {
        assert_eq!(faults(&[], &[], &["new"]), ["new is not in the layer table"]);
        let gone = law_faults(TABLE, &[member("low", &[]), member("high", &[])]);
        assert_eq!(gone, ["tool is in the layer table but not in the workspace"]);
    }
}
