(import "souk:plugin/documents@0.1.0" "[constructor]document" (func $document (param i32 i32 i32 i32) (result i32)))
(import "souk:plugin/documents@0.1.0" "[method]document.write" (func $write (param i32 i32 i32 i32)))
(data (memory $memory) (i32.const 128) "a.csv")
(data (memory $memory) (i32.const 144) "text/csv")
(func $invoke (param i32 i32 i32 i32) (result i32)
  (loop $again
    (call $write
      (call $document (i32.const 128) (i32.const 5) (i32.const 144) (i32.const 8))
      (i32.const 128) (i32.const 5) (i32.const 256))
    (br $again))
  (unreachable))
