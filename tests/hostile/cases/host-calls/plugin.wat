(import "souk:plugin/progress@0.1.0" "report" (func $report (param i64 i32 i64 i32 i32)))
(func $invoke (param i32 i32 i32 i32) (result i32)
  (loop $again
    (call $report (i64.const 1) (i32.const 0) (i64.const 0) (i32.const 32) (i32.const 2))
    (br $again))
  (unreachable))
