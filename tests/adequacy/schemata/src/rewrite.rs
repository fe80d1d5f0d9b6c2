//! Every mutant in one source: each stands behind a test of which mutant is chosen.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::Span;
use quote::ToTokens as _;
use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut};
use syn::{Arm, BinOp, Block, Expr, Member, Signature, parse_quote};

use crate::mutant::{Mutant, Place};

/// What became of the mutants of a file.
#[derive(Default)]
pub(crate) struct Rewritten {
    pub(crate) text: String,
    /// Behind a test.
    pub(crate) woven: BTreeSet<u32>,
    /// Not Rust: an operator between a `let` and what follows it.
    pub(crate) unviable: BTreeSet<u32>,
}

struct Rewriter<'m> {
    by_place: BTreeMap<(Place, &'static str), Vec<(u32, &'m Mutant)>>,
    done: Rewritten,
    /// Within what is evaluated by the compiler, where nothing can be chosen.
    constant: usize,
}

/// The mutants of a file, but those to leave out, woven into its source.
pub(crate) fn rewrite(
    text: &str,
    mutants: &[(u32, &Mutant)],
    leave_out: &BTreeSet<u32>,
) -> syn::Result<Rewritten> {
    let mut file = syn::parse_file(text)?;
    let mut by_place = BTreeMap::<_, Vec<_>>::new();
    for (id, mutant) in mutants.iter().filter(|(id, _)| !leave_out.contains(id)) {
        by_place.entry((mutant.span.start, genre(&mutant.genre))).or_default().push((*id, *mutant));
    }
    let mut rewriter = Rewriter { by_place, done: Rewritten::default(), constant: 0 };
    rewriter.visit_file_mut(&mut file);
    rewriter.done.text = prettyplease::unparse(&file);
    Ok(rewriter.done)
}

fn genre(name: &str) -> &'static str {
    ["FnValue", "BinaryOperator", "UnaryOperator", "MatchArm", "MatchArmGuard", "StructField"]
        .into_iter()
        .find(|known| *known == name)
        .unwrap_or("")
}

fn has_let(expr: &Expr) -> bool {
    match expr {
        Expr::Let(_) => true,
        Expr::Binary(binary) if matches!(binary.op, BinOp::And(_)) => {
            has_let(&binary.left) || has_let(&binary.right)
        }
        _ => false,
    }
}

fn block(value: Expr) -> Block {
    Block { brace_token: syn::token::Brace::default(), stmts: vec![syn::Stmt::Expr(value, None)] }
}

/// In parentheses. The parts are not parsed again: what stands in a tree needs none of its own.
fn either(cond: Expr, then_branch: Block, otherwise: Block) -> Expr {
    let otherwise = Expr::Block(syn::ExprBlock { attrs: Vec::new(), label: None, block: otherwise });
    let choice = Expr::If(syn::ExprIf {
        attrs: Vec::new(),
        if_token: <syn::Token![if]>::default(),
        cond: Box::new(cond),
        then_branch,
        else_branch: Some((<syn::Token![else]>::default(), Box::new(otherwise))),
    });
    let paren_token = syn::token::Paren::default();
    Expr::Paren(syn::ExprParen { attrs: Vec::new(), paren_token, expr: Box::new(choice) })
}

impl<'m> Rewriter<'m> {
    fn at(&self, span: Span, genre: &'static str) -> Vec<(u32, &'m Mutant)> {
        if self.constant > 0 {
            return Vec::new();
        }
        let place = Place { line: span.start().line, column: span.start().column + 1 };
        self.by_place.get(&(place, genre)).cloned().unwrap_or_default()
    }

    fn choose(&mut self, expr: &mut Expr, id: u32, mutated: Expr) {
        self.done.woven.insert(id);
        let original = std::mem::replace(expr, parse_quote!(false));
        let (then, otherwise) = (block(mutated), block(original));
        *expr = either(parse_quote!(crate::mutant::on(#id)), then, otherwise);
    }

    fn binary(&mut self, expr: &mut Expr, mutants: &[(u32, &Mutant)]) {
        let whole = expr.clone();
        for (id, mutant) in mutants {
            let Expr::Binary(binary) = &whole else { continue };
            if has_let(&whole) {
                self.done.unviable.insert(*id);
                continue;
            }
            let Ok(op) = syn::parse_str::<BinOp>(&mutant.replacement) else { continue };
            let mutated = Expr::Binary(syn::ExprBinary { op, ..binary.clone() });
            self.choose(expr, *id, mutated);
        }
    }

    fn function(&mut self, signature: &Signature, block: &mut Block) {
        let mutants = block.stmts.first().map(|stmt| self.at(stmt.span(), "FnValue")).unwrap_or_default();
        let opaque = signature.output.to_token_stream().to_string().contains("impl ");
        let is_const = signature.constness.is_some();
        self.constant += usize::from(is_const);
        visit_mut::visit_block_mut(self, block);
        self.constant -= usize::from(is_const);
        if opaque || is_const {
            return;
        }
        for (id, mutant) in mutants.iter().rev() {
            let Ok(value) = syn::parse_str::<Expr>(&mutant.replacement) else { continue };
            self.done.woven.insert(*id);
            block.stmts.insert(0, parse_quote!(if crate::mutant::on(#id) { return #value; }));
        }
    }

    /// With the guards of before, whose places are known.
    fn arm(&mut self, arm: &mut Arm, delete: &[(u32, &Mutant)], replace: &[(u32, &Mutant)]) {
        for (id, _) in delete {
            self.done.woven.insert(*id);
            arm.guard = Some((<syn::Token![if]>::default(), parse_quote!(!crate::mutant::on(#id))));
        }
        for (id, mutant) in replace {
            let Some((_, guard)) = &mut arm.guard else { continue };
            if has_let(guard) {
                continue;
            }
            self.done.woven.insert(*id);
            let value: Expr = syn::parse_str(&mutant.replacement).unwrap_or_else(|_| parse_quote!(false));
            let before = std::mem::replace(&mut **guard, parse_quote!(false));
            **guard = either(parse_quote!(crate::mutant::on(#id)), block(value), block(before));
        }
    }
}

impl VisitMut for Rewriter<'_> {
    fn visit_item_fn_mut(&mut self, item: &mut syn::ItemFn) {
        let syn::ItemFn { sig, block, .. } = item;
        self.function(sig, block);
    }

    fn visit_impl_item_fn_mut(&mut self, item: &mut syn::ImplItemFn) {
        let syn::ImplItemFn { sig, block, .. } = item;
        self.function(sig, block);
    }

    fn visit_item_const_mut(&mut self, item: &mut syn::ItemConst) {
        self.constant += 1;
        visit_mut::visit_item_const_mut(self, item);
        self.constant -= 1;
    }

    fn visit_impl_item_const_mut(&mut self, item: &mut syn::ImplItemConst) {
        self.constant += 1;
        visit_mut::visit_impl_item_const_mut(self, item);
        self.constant -= 1;
    }

    fn visit_expr_match_mut(&mut self, matching: &mut syn::ExprMatch) {
        let mutants: Vec<_> = matching
            .arms
            .iter()
            .map(|arm| {
                let guard = arm.guard.as_ref().map(|(_, guard)| self.at(guard.span(), "MatchArmGuard"));
                (self.at(arm.span(), "MatchArm"), guard.unwrap_or_default())
            })
            .collect();
        visit_mut::visit_expr_match_mut(self, matching);
        for (arm, (delete, replace)) in matching.arms.iter_mut().zip(mutants) {
            self.arm(arm, &delete, &replace);
        }
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        let mutants = match expr {
            Expr::Binary(binary) => self.at(binary.op.span(), "BinaryOperator"),
            Expr::Unary(unary) => self.at(unary.op.span(), "UnaryOperator"),
            Expr::Struct(literal) if literal.rest.is_some() => {
                literal.fields.iter().flat_map(|field| self.at(field.span(), "StructField")).collect()
            }
            _ => Vec::new(),
        };
        let names: Vec<(u32, Member)> = match expr {
            Expr::Struct(literal) => {
                let named =
                    literal.fields.iter().map(|field| (self.at(field.span(), "StructField"), &field.member));
                named.flat_map(|(ids, member)| ids.into_iter().map(|(id, _)| (id, member.clone()))).collect()
            }
            _ => Vec::new(),
        };
        visit_mut::visit_expr_mut(self, expr);
        match expr.clone() {
            Expr::Binary(_) => self.binary(expr, &mutants),
            Expr::Unary(unary) => {
                for (id, _) in mutants {
                    self.choose(expr, id, (*unary.expr).clone());
                }
            }
            Expr::Struct(literal) => {
                for (id, member) in names {
                    let mut without = literal.clone();
                    let kept = without.fields.into_iter().filter(|field| field.member != member);
                    without.fields = kept.collect();
                    self.choose(expr, id, Expr::Struct(without));
                }
            }
            _ => {}
        }
    }
}
