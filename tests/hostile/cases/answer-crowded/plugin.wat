(func $invoke (param i32 i32 i32 i32) (result i32)
  (local $at i32)
  (drop (memory.grow (i32.const 256)))
  (i64.store (i32.const 1000000) (i64.const 0x2c305b3a2261227b)) ;; {"a":[0,
  (local.set $at (i32.const 1000008))
  (loop $again
    (i32.store16 (local.get $at) (i32.const 0x2c30)) ;; 0,
    (local.set $at (i32.add (local.get $at) (i32.const 2)))
    (br_if $again (i32.lt_u (local.get $at) (i32.const 8000000))))
  (i32.store16 (local.get $at) (i32.const 0x5d30)) ;; 0]
  (i32.store8 (i32.add (local.get $at) (i32.const 2)) (i32.const 0x7d)) ;; }
  (call $answer (i32.const 1000000) (i32.sub (local.get $at) (i32.const 999997))))
