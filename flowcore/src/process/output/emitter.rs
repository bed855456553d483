use crate::base::{Token, TokenSet};
use crate::process::Tuple;

/// One typed output.
pub struct Emitter<T: Tuple + ?Sized> { load: T::Batch }
impl<T: Tuple + ?Sized> Emitter<T> {
    /// e
    pub fn emit(&mut self, tuple: T::Put<'_>) { crate::process::tuple::TupleBatch::push(&mut self.load, tuple) }
    /// e
    pub async fn send(&mut self, tuple: T::Put<'_>) { self.emit(tuple) }
    /// e
    pub fn emit_anchored(&mut self, tuple: T::Put<'_>, token: Token) { self.emit(tuple); drop(token) }
}
impl<T: Tuple + ?Sized> crate::process::Outputs for Emitter<T> {
  type Streams = ();
  fn now(&self) -> crate::base::Timestamp { todo!() }
  fn keep(&mut self) -> Token { todo!() }
  fn keep_in(&mut self, _: &mut TokenSet) { todo!() }
  fn cover(&mut self, _: Token) { todo!() }
}
impl crate::process::Outputs for super::NoOutput {
  type Streams = ();
  fn now(&self) -> crate::base::Timestamp { todo!() }
  fn keep(&mut self) -> Token { todo!() }
  fn keep_in(&mut self, _: &mut TokenSet) { todo!() }
  fn cover(&mut self, _: Token) { todo!() }
}
