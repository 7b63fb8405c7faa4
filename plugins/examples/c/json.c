#include "json.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char *past_space(const char *at, const char *end) {
  while (at < end && strchr(" \t\r\n,:", *at)) at++;
  return at;
}

static const char *past_string(const char *at, const char *end) {
  for (at++; at < end && *at != '"'; at++) {
    if (*at == '\\') at++;
  }
  return at < end ? at + 1 : end;
}

static const char *past_value(const char *at, const char *end) {
  if (at < end && *at == '"') return past_string(at, end);
  size_t depth = 0;
  while (at < end) {
    if (*at == '"') {
      at = past_string(at, end);
      continue;
    }
    if (*at == '{' || *at == '[') depth++;
    if (*at == '}' || *at == ']') {
      if (depth == 0) break;
      if (--depth == 0) return at + 1;
    }
    if (depth == 0 && strchr(", \t\r\n", *at)) break;
    at++;
  }
  return at;
}

static Text value_at(const char *at, const char *end) {
  return (Text){at, (size_t)(past_value(at, end) - at)};
}

Text json_member(Text object, const char *name) {
  const char *end = object.at + object.len;
  const char *at = past_space(object.at, end);
  if (at == end || *at != '{') return (Text){0};
  for (at = past_space(at + 1, end); at < end && *at == '"'; at = past_space(at, end)) {
    Text key = json_decoded(value_at(at, end));
    Text value = value_at(past_space(past_string(at, end), end), end);
    if (key.len == strlen(name) && memcmp(key.at, name, key.len) == 0) return value;
    at = value.at + value.len;
  }
  return (Text){0};
}

bool json_next(Text *list, Text *element) {
  const char *end = list->at + list->len;
  const char *at = past_space(list->at, end);
  if (at < end && *at == '[') at = past_space(at + 1, end);
  if (at >= end || *at == ']') return false;
  *element = value_at(at, end);
  at = element->at + element->len;
  *list = (Text){at, (size_t)(end - at)};
  return true;
}

static uint32_t hex(const char *at) {
  char digits[5] = {at[0], at[1], at[2], at[3], 0};
  return (uint32_t)strtoul(digits, NULL, 16);
}

static char *encode(char *to, uint32_t c) {
  if (c < 0x80) {
    *to++ = (char)c;
    return to;
  }
  int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  *to++ = (char)("\0\xC0\xE0\xF0"[more] | (char)(c >> (6 * more)));
  while (more-- > 0) *to++ = (char)(0x80 | (c >> (6 * more) & 0x3F));
  return to;
}

Text json_decoded(Text string) {
  if (string.len < 2 || *string.at != '"') return (Text){0};
  char *text = malloc(string.len), *to = text;
  const char *end = string.at + string.len - 1;
  for (const char *at = string.at + 1; at < end; at++) {
    if (*at != '\\') {
      *to++ = *at;
      continue;
    }
    at++;
    if (*at == 'u' && end - at >= 5) {
      uint32_t c = hex(at + 1);
      at += 4;
      if (c >= 0xD800 && c < 0xDC00 && end - at >= 7) {
        c = 0x10000 + ((c - 0xD800) << 10) + (hex(at + 3) - 0xDC00);
        at += 6;
      }
      to = encode(to, c);
    } else {
      const char *named = strchr("b\bf\fn\nr\rt\t", *at);
      *to++ = named ? named[1] : *at;
    }
  }
  return (Text){text, (size_t)(to - text)};
}

void buffer_text(Buffer *buffer, Text text) {
  if (buffer->len + text.len > buffer->room) {
    buffer->room = 2 * (buffer->len + text.len);
    buffer->at = realloc(buffer->at, buffer->room);
  }
  if (text.len) memcpy(buffer->at + buffer->len, text.at, text.len);
  buffer->len += text.len;
}

void buffer_add(Buffer *buffer, const char *first, ...) {
  va_list more;
  va_start(more, first);
  for (const char *text = first; text; text = va_arg(more, const char *)) {
    buffer_text(buffer, (Text){text, strlen(text)});
  }
  va_end(more);
}

void buffer_string(Buffer *buffer, Text text) {
  buffer_add(buffer, "\"", NULL);
  for (const char *at = text.at; at < text.at + text.len; at++) {
    unsigned char c = (unsigned char)*at;
    char escape[7] = {'\\', *at};
    if (c < 0x20) {
      memcpy(escape, "\\u00", 4);
      escape[4] = "01"[c >> 4];
      escape[5] = "0123456789abcdef"[c & 15];
    }
    bool is_plain = c >= 0x20 && c != '"' && c != '\\';
    buffer_text(buffer, is_plain ? (Text){at, 1} : (Text){escape, strlen(escape)});
  }
  buffer_add(buffer, "\"", NULL);
}
