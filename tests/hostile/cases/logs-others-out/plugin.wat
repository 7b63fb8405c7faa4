(import "souk:plugin/session-control@0.1.0" "destroy" (func $destroy (param i32)))
(func $invoke (param i32 i32 i32 i32) (result i32)
  (call $destroy (i32.const 1024))
  ;; `result<bool, failure>` lies as `result<response, failure>` does where it is a failure.
  (if (i32.eqz (i32.load8_u (i32.const 1024))) (then (unreachable)))
  (i32.const 1024))
