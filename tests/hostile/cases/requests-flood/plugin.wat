(import "souk:plugin/upstream@0.1.0" "get-all" (func $get_all (param i32 i32 i32)))
(func $invoke (param i32 i32 i32 i32) (result i32)
  (call $get_all (i32.const 1024) (i32.const 600) (i32.const 128))
  (unreachable))
