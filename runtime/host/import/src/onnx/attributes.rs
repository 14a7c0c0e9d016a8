//! Attributes of a node, by name and kind.

use super::constant::Constant;
use super::node::Site;
use super::pb::attribute_proto::AttributeType;
use super::pb::{AttributeProto, GraphProto};
use crate::Limits;
use crate::report::Blocker;

impl<'m> Site<'_, 'm> {
    /// An attribute, if present, whose declared kind is `kind` (old writers leave it undeclared).
    fn attribute(&self, name: &str, kind: AttributeType) -> Result<Option<&'m AttributeProto>, Blocker> {
        let Some(found) = self.proto.attribute.iter().find(|attribute| attribute.name == name) else {
            return Ok(None);
        };
        if !found.ref_attr_name.is_empty() {
            return Err(Blocker::malformed(format!("attribute {name} refers to a function's attribute")));
        }
        if found.r#type != kind as i32 && found.r#type != AttributeType::Undefined as i32 {
            let reason = format!("attribute {name} is not of kind {}", kind.as_str_name());
            return Err(Blocker::malformed(reason));
        }
        Ok(Some(found))
    }

    pub fn int(&self, name: &str) -> Result<Option<i64>, Blocker> {
        Ok(self.attribute(name, AttributeType::Int)?.map(|found| found.i))
    }

    pub fn int_or(&self, name: &str, default: i64) -> Result<i64, Blocker> {
        Ok(self.int(name)?.unwrap_or(default))
    }

    pub fn flag(&self, name: &str, default: bool) -> Result<bool, Blocker> {
        Ok(self.int(name)?.map_or(default, |value| value != 0))
    }

    pub fn float(&self, name: &str) -> Result<Option<f32>, Blocker> {
        Ok(self.attribute(name, AttributeType::Float)?.map(|found| found.f))
    }

    pub fn float_or(&self, name: &str, default: f32) -> Result<f32, Blocker> {
        Ok(self.float(name)?.unwrap_or(default))
    }

    pub fn ints(&self, name: &str) -> Result<Option<&'m [i64]>, Blocker> {
        Ok(self.attribute(name, AttributeType::Ints)?.map(|found| found.ints.as_slice()))
    }

    pub fn floats(&self, name: &str) -> Result<Option<&'m [f32]>, Blocker> {
        Ok(self.attribute(name, AttributeType::Floats)?.map(|found| found.floats.as_slice()))
    }

    pub fn text(&self, name: &str) -> Result<Option<&'m str>, Blocker> {
        match self.attribute(name, AttributeType::String)? {
            None => Ok(None),
            Some(found) => std::str::from_utf8(&found.s)
                .map(Some)
                .map_err(|_| Blocker::malformed(format!("attribute {name} is not UTF-8"))),
        }
    }

    pub fn tensor(&self, name: &str, limits: &Limits) -> Result<Option<Constant>, Blocker> {
        let found = self.attribute(name, AttributeType::Tensor)?;
        let proto = found.map(|found| found.t.as_ref().ok_or_else(|| Blocker::malformed(format!("{name} is empty"))));
        proto.transpose()?.map(|proto| Constant::from_proto(proto, limits)).transpose()
    }

    pub fn graph(&self, name: &str) -> Result<&'m GraphProto, Blocker> {
        let found = self.attribute(name, AttributeType::Graph)?.and_then(|found| found.g.as_ref());
        found.ok_or_else(|| Blocker::malformed(format!("attribute {name} is missing")))
    }
}
