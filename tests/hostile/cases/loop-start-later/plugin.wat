(import "wasi:random/random@0.2.0" "get-random-u64" (func $random (result i64)))
(func $spin
  (if (i64.ne (call $random) (call $random))
    (then (loop $again (br $again)))))
(start $spin)
