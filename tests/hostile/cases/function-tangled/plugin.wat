(component
  (core module
    (func (param i32) (result i32)
      <<block *5000>><<local.get 0 br_if 0 local.get 0 br_if 900 end *4000>><<end *1000>> local.get 0)))
