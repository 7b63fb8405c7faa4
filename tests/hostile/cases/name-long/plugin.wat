(data (memory $memory) (i32.const 100) "{\"a\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}")
(func $invoke (param i32 i32 i32 i32) (result i32)
  (call $answer (i32.const 100) (i32.const 56)))
