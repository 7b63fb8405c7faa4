(data (memory $memory) (i32.const 100) "\1b[2Jall is \1b[32mwell\u{9b}2J\u{202e}")
(func $invoke (param i32 i32 i32 i32) (result i32)
  (i32.store8 (i32.const 128) (i32.const 1))   ;; err
  (i32.store8 (i32.const 132) (i32.const 3))   ;; not-found
  ;; The code may hold a text, so two words of room follow it.
  (i32.store (i32.const 144) (i32.const 100))
  (i32.store (i32.const 148) (i32.const 27))
  (i32.const 128))
