(component
(component
(component
(component
(component
(component
(component
(component
(component
(component
(component
(component
(component (core module))
(instance (instantiate 0))(instance (instantiate 0))(instance (instantiate 0)))
(instance (instantiate 0))(instance (instantiate 0))(instance (instantiate 0)))
(instance (instantiate 0))(instance (instantiate 0))(instance (instantiate 0)))
(instance (instantiate 0))(instance (instantiate 0))(instance (instantiate 0)))
(instance (instantiate 0))(instance (instantiate 0))(instance (instantiate 0)))
(instance (instantiate 0))(instance (instantiate 0))(instance (instantiate 0)))
(instance (instantiate 0))(instance (instantiate 0))(instance (instantiate 0)))
(instance (instantiate 0))(instance (instantiate 0))(instance (instantiate 0)))
(instance (instantiate 0))(instance (instantiate 0))(instance (instantiate 0)))
(instance (instantiate 0))(instance (instantiate 0))(instance (instantiate 0)))
(instance (instantiate 0))(instance (instantiate 0))(instance (instantiate 0)))
(instance (instantiate 0))(instance (instantiate 0))(instance (instantiate 0)))
