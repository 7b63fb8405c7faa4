(func $invoke (param i32 i32 i32 i32) (result i32)
  (drop (memory.grow (i32.const 900)))
  (memory.fill (i32.const 1000000) (i32.const 32) (i32.const 50000000))
  (call $answer (i32.const 1000000) (i32.const 50000000)))
