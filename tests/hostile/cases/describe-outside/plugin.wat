(func $describe (result i32) (i32.const -64))
