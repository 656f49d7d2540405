// Values of BYTES, ARRAY, MAP, STRUCT and JSON as text, and read again (docs/language.md, "Types
// and literals").
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/type.h"
#include "runtime/format/field.h"

namespace flow {

// Their form in JSON: BYTES "\\x00ff", ARRAY [1,null], MAP {"a":1} by key, STRUCT {"a":1} in
// the order of its fields, JSON as it is.
void AppendNestedJson(const Type& type, std::string_view value, std::string* out);
// In CSV and tables, and what CAST to STRING gives: the same, but BYTES without quotes: \x00ff.
void AppendNestedText(const Type& type, std::string_view value, std::string* out);
// The elements of an ARRAY that are not NULL, as text, with the separator between them.
void AppendJoined(const Type& array, std::string_view value, std::string_view separator,
                  std::string* out);
// The JSON of the element that is one part (runtime/base/elements.h).
void AppendPartJson(const Type& type, std::string_view part, std::string* out);

// Reads the text of a value; false: it is none. `base64`: BYTES may be written so too.
bool ReadNested(const Type& type, TimestampUnit unit, std::string_view text, bool base64,
                std::string* value);
// JSON text in its one form: no blanks, keys by their bytes, of equal keys the first, strings
// escaped in one way, numbers as they were written. false: it is no JSON.
bool CanonicalJson(std::string_view text, std::string* out);

}  // namespace flow
