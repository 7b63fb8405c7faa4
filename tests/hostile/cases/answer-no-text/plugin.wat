(data (memory $memory) (i32.const 100) "\7b\ff\7d")
(func $invoke (param i32 i32 i32 i32) (result i32)
  (call $answer (i32.const 100) (i32.const 3)))
