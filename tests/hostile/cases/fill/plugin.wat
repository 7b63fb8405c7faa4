(func $invoke (param i32 i32 i32 i32) (result i32)
  (drop (memory.grow (i32.const 900)))
  (loop $again
    (memory.fill (i32.const 0) (i32.const 170) (i32.const 58000000))
    (br $again))
  (unreachable))
