(component
  (core module
    (func (param i32) (result i32)
      local.get 0
      <<local.get 0 i32.mul local.get 0 i32.add *800000>>)))
