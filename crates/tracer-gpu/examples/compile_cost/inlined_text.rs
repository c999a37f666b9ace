//! How long a kernel's text is once every call is copied into its caller.

use std::collections::HashMap;

use naga::valid::{Capabilities, FunctionInfo, SubgroupOperationSet, ValidationFlags, Validator};
use naga::{AddressSpace, Block, Expression, Function, Handle, Module, Statement, TypeInner};

/// What one copy of a function holds, without what it calls.
#[derive(Debug, Clone, Default)]
struct Body {
    name: String,
    /// Expressions and statements.
    operations: usize,
    /// Words that its expressions load from storage buffers.
    words_loaded: usize,
    calls: Vec<Handle<Function>>,
}

/// A kernel's functions with the number of times that each is copied.
pub(crate) struct InlinedText {
    bodies: Vec<(Body, usize)>,
}

impl InlinedText {
    /// Counts a text of one entry point.
    pub(crate) fn of(text: &str) -> Self {
        let module = naga::front::wgsl::parse_str(text).expect("linked texts are valid");
        let mut validator = Validator::new(ValidationFlags::all(), Capabilities::SUBGROUP);
        validator
            .subgroup_stages(naga::valid::ShaderStages::COMPUTE)
            .subgroup_operations(SubgroupOperationSet::all());
        let info = validator.validate(&module).expect("linked texts are valid");
        let bodies: HashMap<_, _> = module
            .functions
            .iter()
            .map(|(handle, function)| (handle, body(&module, function, &info[handle])))
            .collect();
        let entry = body(&module, &module.entry_points[0].function, info.get_entry_point(0));
        let mut copies = HashMap::new();
        count_copies(&entry, &bodies, &mut copies);
        let mut counted: Vec<_> =
            copies.into_iter().map(|(handle, count)| (bodies[&handle].clone(), count)).collect();
        counted.push((entry, 1));
        Self { bodies: counted }
    }

    /// Expressions and statements in all.
    pub(crate) fn operations(&self) -> usize {
        self.bodies.iter().map(|(body, copies)| body.operations * copies).sum()
    }

    /// Words that all of them load from storage buffers.
    pub(crate) fn words_loaded(&self) -> usize {
        self.bodies.iter().map(|(body, copies)| body.words_loaded * copies).sum()
    }

    /// Prints the functions that most of the text comes from.
    pub(crate) fn list(&self, most: usize) {
        let mut bodies: Vec<_> = self.bodies.iter().collect();
        bodies.sort_by_key(|(body, copies)| {
            std::cmp::Reverse((body.operations + 8 * body.words_loaded) * copies)
        });
        for (Body { name, operations, words_loaded, .. }, copies) in bodies.into_iter().take(most) {
            println!("  {name:<34} {copies:>4} times {operations:>6} {words_loaded:>12}");
        }
    }
}

/// Adds the copies that one copy of a body makes of others.
fn count_copies(
    caller: &Body,
    bodies: &HashMap<Handle<Function>, Body>,
    copies: &mut HashMap<Handle<Function>, usize>,
) {
    for call in &caller.calls {
        *copies.entry(*call).or_default() += 1;
        count_copies(&bodies[call], bodies, copies);
    }
}

fn body(module: &Module, function: &Function, info: &FunctionInfo) -> Body {
    let mut body = Body { name: function.name.clone().unwrap_or_default(), ..Body::default() };
    body.operations = function.expressions.len();
    for (handle, expression) in function.expressions.iter() {
        if let Expression::Load { pointer } = *expression
            && is_in_storage(info[pointer].ty.inner_with(&module.types))
        {
            let loaded = info[handle].ty.inner_with(&module.types);
            body.words_loaded += loaded.size(module.to_ctx()) as usize / 4;
        }
    }
    add_statements(&function.body, &mut body);
    body
}

fn is_in_storage(pointer: &TypeInner) -> bool {
    let space = match pointer {
        TypeInner::Pointer { space, .. } | TypeInner::ValuePointer { space, .. } => space,
        _ => return false,
    };
    matches!(space, AddressSpace::Storage { .. })
}

fn add_statements(block: &Block, body: &mut Body) {
    for statement in block {
        body.operations += 1;
        match statement {
            Statement::Block(inner) => add_statements(inner, body),
            Statement::If { accept, reject, .. } => {
                add_statements(accept, body);
                add_statements(reject, body);
            }
            Statement::Switch { cases, .. } => {
                cases.iter().for_each(|case| add_statements(&case.body, body));
            }
            Statement::Loop { body: inner, continuing, .. } => {
                add_statements(inner, body);
                add_statements(continuing, body);
            }
            Statement::Call { function, .. } => body.calls.push(*function),
            _ => {}
        }
    }
}
