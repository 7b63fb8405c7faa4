// Just enough JSON to look into a text and to write one. Nothing is freed: an instance serves one call.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Bytes somewhere else.
typedef struct {
  const char *at;
  size_t len;
} Text;

// A text that grows.
typedef struct {
  char *at;
  size_t len, room;
} Buffer;

// The text of a member's value, as it stands; nothing where the object has no such member.
Text json_member(Text object, const char *name);

// Takes the next element off a list's text; false where there is none. Begin with the whole list.
bool json_next(Text *list, Text *element);

// The text that a JSON string stands for, in UTF-8.
Text json_decoded(Text string);

// Adds texts, up to one without an address.
void buffer_add(Buffer *buffer, const char *first, ...);
void buffer_text(Buffer *buffer, Text text);

// Adds a text as a JSON string.
void buffer_string(Buffer *buffer, Text text);
