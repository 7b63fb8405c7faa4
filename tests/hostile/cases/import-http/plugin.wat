(import "wasi:http/outgoing-handler@0.2.0" "handle" (func $handle (result i32)))
(func $invoke (param i32 i32 i32 i32) (result i32)
  (call $handle))
