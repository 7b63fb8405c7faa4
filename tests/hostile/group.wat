;; The rest of every hostile plugin that is written as `form = "group"`: a valid action group with
;; one action that does no harm. A fixture that defines one of these functions, or the memory,
;; itself replaces it; each piece is separated from the next by an empty line, and its first line
;; names it. Fields are appended to the fixture's, so that its imports may stand first.

(memory $memory PAGES)

;; The first free byte: grows and never shrinks, since an instance lives for one call.
(global $heap (mut i32) (i32.const HEAP))

;; Room for what the host passes in.
(func $realloc (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
  (local $at i32)
  (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
  (global.set $heap (i32.add (local.get $at) (local.get $size)))
  (loop $grow
    (if (i32.lt_u (i32.shl (memory.size) (i32.const 16)) (global.get $heap))
      (then (drop (memory.grow (i32.const 1))) (br $grow))))
  (local.get $at))

;; What the plugin says of itself lies in a data segment, made from `case.toml`.
(func $describe (result i32) (i32.const DESCRIBED))

;; Takes the action's name and its arguments, answers `result<response, failure>`: a byte that says
;; which, and four bytes further the JSON's address and length, then those of a list of blocks.
(func $invoke (param $name i32) (param $name_len i32) (param $arguments i32) (param $arguments_len i32) (result i32)
  (call $answer (i32.const 32) (i32.const 2)))

;; `ok` of the string at this address. The string of 2 bytes at 32 is `{}`.
(func $answer (param $text i32) (param $len i32) (result i32)
  (i32.store8 (i32.const 64) (i32.const 0))
  (i32.store (i32.const 68) (local.get $text))
  (i32.store (i32.const 72) (local.get $len))
  (i32.store (i32.const 76) (i32.const 0))
  (i32.store (i32.const 80) (i32.const 0))
  (i32.const 64))

(data (memory $memory) (i32.const 32) "{}")

(export "memory" (memory $memory))

(export "cabi_realloc" (func $realloc))

(export "souk:plugin/actions@0.1.0#describe" (func $describe))

(export "souk:plugin/actions@0.1.0#invoke" (func $invoke))
