// Regular expressions, by RE2: time grows with the text only, whatever the pattern.
#include <re2/re2.h>

#include <list>
#include <memory>
#include <string>

#include "stdlib/native/native.h"
#include "stdlib/utf8.h"

using flow_native::Borrow;
using flow_native::Give;
using flow_native::View;
using re2::StringPiece;

namespace {

constexpr size_t kMostCompiled = 16;      // patterns a thread keeps
constexpr int64_t kMostMemory = 4 << 20;  // of one of them
constexpr std::string_view kNoFlags;

struct Compiled {
  std::string flags;
  std::string pattern;
  std::unique_ptr<RE2> re;  // never null; !ok() is kept too, so that it is not tried a row
};

// Flags, as in PostgreSQL: i (letters of both cases are equal), c (they are not), n (^ and $ also
// at line breaks), s (. is also a line break). g, of replace only, is not for the compiler.
bool OptionsOf(std::string_view flags, RE2::Options* options, std::string* prefix, bool* global) {
  bool lines = false;
  options->set_log_errors(false);
  options->set_max_mem(kMostMemory);
  for (char flag : flags) {
    switch (flag) {
      case 'i':
        options->set_case_sensitive(false);
        break;
      case 'c':
        options->set_case_sensitive(true);
        break;
      case 's':
        options->set_dot_nl(true);
        break;
      case 'n':
        lines = true;
        break;
      case 'g':
        if (global == nullptr) return false;
        *global = true;
        break;
      default:
        return false;
    }
  }
  if (lines) *prefix = "(?m)";
  return true;
}

// \C matches one byte, perhaps of several of a character: what is left would not be UTF-8.
bool CutsCharacters(std::string_view pattern) {
  for (size_t i = 0; i + 1 < pattern.size(); ++i) {
    if (pattern[i] == '\\' && pattern[++i] == 'C') return true;
  }
  return false;
}

// The compiled pattern, or nullptr if it or the flags are wrong. Found again by its text: a literal
// pattern is compiled once a thread. Valid until the thread's next call.
const RE2* Compile(const FlowString* pattern, std::string_view flags, bool* global = nullptr) {
  thread_local std::list<Compiled> cache;
  const std::string_view text = View(pattern);
  auto at = cache.begin();
  while (at != cache.end() && (at->pattern != text || at->flags != flags)) ++at;
  if (at == cache.end()) {
    RE2::Options options;
    std::string prefix;
    bool ignored = false;
    if (!OptionsOf(flags, &options, &prefix, &ignored) || CutsCharacters(text)) return nullptr;
    if (cache.size() == kMostCompiled) cache.pop_back();
    cache.push_front({std::string(flags), std::string(text),
                      std::make_unique<RE2>(prefix + std::string(text), options)});
    at = cache.begin();
  } else if (at != cache.begin()) {
    cache.splice(cache.begin(), cache, at);
  }
  const bool has_global = flags.find('g') != std::string_view::npos;
  if (has_global && global == nullptr) return nullptr;
  if (global != nullptr) *global = has_global;
  return at->re->ok() ? at->re.get() : nullptr;
}

StringPiece Piece(const FlowString* s) { return {flow_string_data(s), s->size}; }

uint8_t Matches(const FlowString* s, const FlowString* pattern, std::string_view flags,
                RE2::Anchor anchor, uint8_t* out) {
  const RE2* re = Compile(pattern, flags);
  if (re == nullptr) return kFlowErrArgument;
  *out = re->Match(Piece(s), 0, s->size, anchor, nullptr, 0);
  return kFlowValue;
}

// Calls `found(groups)` for each match from left to right, until it returns false. An empty match
// right after another match is none, as in Perl's and PostgreSQL's.
template <typename Found>
void ForEach(const RE2& re, const FlowString* s, StringPiece* groups, int count, Found found) {
  const StringPiece text = Piece(s);
  const char* end = text.data() + text.size();
  size_t from = 0;
  const char* last_end = nullptr;
  while (from <= text.size() && re.Match(text, from, text.size(), RE2::UNANCHORED, groups, count)) {
    const char* begin = groups[0].data();
    const char* match_end = begin + groups[0].size();
    if (groups[0].empty() && begin == last_end) {
      if (begin == end) return;
      from = static_cast<size_t>(flow_text::Next(begin, end) - text.data());
      last_end = nullptr;
      continue;
    }
    if (!found(groups)) return;
    last_end = match_end;
    from = static_cast<size_t>(match_end - text.data());
  }
}

uint8_t Extract(const FlowString* s, const FlowString* pattern, int32_t group,
                std::string_view flags, bool null_if_none, FlowString* out) {
  const RE2* re = Compile(pattern, flags);
  if (re == nullptr || group < 0 || group > 9) return kFlowErrArgument;
  if (group > re->NumberOfCapturingGroups()) return kFlowErrArgument;
  StringPiece groups[10];
  const bool found = re->Match(Piece(s), 0, s->size, RE2::UNANCHORED, groups, group + 1) &&
                     groups[group].data() != nullptr;
  if (!found && null_if_none) return kFlowNull;
  const StringPiece piece = found ? groups[group] : StringPiece();
  return Borrow({piece.data(), piece.size()}, out);
}

uint8_t Replace(FlowArena* arena, const FlowString* s, const FlowString* pattern,
                const FlowString* by, std::string_view flags, FlowString* out) {
  bool global = false;
  const RE2* re = Compile(pattern, flags, &global);
  if (re == nullptr) return kFlowErrArgument;
  const StringPiece rewrite = Piece(by);
  std::string error;
  if (!re->CheckRewriteString(rewrite, &error)) return kFlowErrArgument;
  StringPiece groups[10];
  const int count = 1 + RE2::MaxSubmatch(rewrite);
  std::string text;
  const char* copied = flow_string_data(s);
  bool too_long = false;
  ForEach(*re, s, groups, count, [&](const StringPiece* match) {
    text.append(copied, match[0].data());
    re->Rewrite(&text, rewrite, match, count);
    copied = match[0].data() + match[0].size();
    too_long = text.size() > kFlowStringMax;
    return global && !too_long;
  });
  if (too_long) return kFlowErrTooLong;
  text.append(copied, flow_string_data(s) + s->size);
  return Give(text, arena, out);
}

}  // namespace

FLOW_FUNCTION("regexp_matches(string, string) -> boolean",
              "Does the regular expression (RE2) match somewhere in the text?",
              "regexp_matches('anabanana', '(an)+')")
uint8_t flow_regexp_matches(FlowArena*, const FlowString* s, const FlowString* pattern,
                            uint8_t* out) {
#ifdef FLOW_MUTANT_REGEXP_ANCHORED
  return Matches(s, pattern, kNoFlags, RE2::ANCHOR_START, out);
#endif
  return Matches(s, pattern, kNoFlags, RE2::UNANCHORED, out);
}

FLOW_FUNCTION(
    "regexp_matches(string, string, string) -> boolean",
    "Likewise, with flags: i both cases, n ^ and $ at line breaks, s . is a line break too.",
    "regexp_matches('ABC', 'b', 'i')")
uint8_t flow_regexp_matches_flags(FlowArena*, const FlowString* s, const FlowString* pattern,
                                  const FlowString* flags, uint8_t* out) {
  return Matches(s, pattern, View(flags), RE2::UNANCHORED, out);
}

FLOW_FUNCTION("regexp_full_match(string, string) -> boolean",
              "Does the regular expression match the whole text?",
              "regexp_full_match('anabanana', '(an)+')")
uint8_t flow_regexp_full_match(FlowArena*, const FlowString* s, const FlowString* pattern,
                               uint8_t* out) {
  return Matches(s, pattern, kNoFlags, RE2::ANCHOR_BOTH, out);
}

FLOW_FUNCTION("regexp_full_match(string, string, string) -> boolean",
              "Likewise, with the flags of regexp_matches.", "regexp_full_match('ABC', 'abc', 'i')")
uint8_t flow_regexp_full_match_flags(FlowArena*, const FlowString* s, const FlowString* pattern,
                                     const FlowString* flags, uint8_t* out) {
  return Matches(s, pattern, View(flags), RE2::ANCHOR_BOTH, out);
}

FLOW_FUNCTION("regexp_extract(string, string) -> string",
              "The first match; empty if there is none.",
              "regexp_extract('order 17 of 20', '[0-9]+')")
uint8_t flow_regexp_extract(FlowArena*, const FlowString* s, const FlowString* pattern,
                            FlowString* out) {
  return Extract(s, pattern, 0, kNoFlags, false, out);
}

FLOW_FUNCTION("regexp_extract(string, string, int) -> string",
              "What the n-th group (0 to 9; 0: all) of the first match holds; empty if nothing.",
              "regexp_extract('a=1', '(.)=(.)', 2)")
uint8_t flow_regexp_extract_group(FlowArena*, const FlowString* s, const FlowString* pattern,
                                  int32_t group, FlowString* out) {
  return Extract(s, pattern, group, kNoFlags, false, out);
}

FLOW_FUNCTION("regexp_extract(string, string, int, string) -> string",
              "Likewise, with the flags of regexp_matches.", "regexp_extract('A=1', '(a)', 1, 'i')")
uint8_t flow_regexp_extract_flags(FlowArena*, const FlowString* s, const FlowString* pattern,
                                  int32_t group, const FlowString* flags, FlowString* out) {
  return Extract(s, pattern, group, View(flags), false, out);
}

FLOW_FUNCTION("regexp_substr(string, string) -> string", "The first match; NULL if there is none.",
              "regexp_substr('order 17 of 20', '[0-9]+')")
uint8_t flow_regexp_substr(FlowArena*, const FlowString* s, const FlowString* pattern,
                           FlowString* out) {
  return Extract(s, pattern, 0, kNoFlags, true, out);
}

FLOW_FUNCTION("regexp_replace(string, string, string) -> string",
              "The first match replaced; \\0 to \\9 stand for the match and its groups.",
              "regexp_replace('hello', '[lo]', '-')")
uint8_t flow_regexp_replace(FlowArena* arena, const FlowString* s, const FlowString* pattern,
                            const FlowString* by, FlowString* out) {
#ifdef FLOW_MUTANT_REGEXP_REPLACE_ALL
  return Replace(arena, s, pattern, by, "g", out);
#endif
  return Replace(arena, s, pattern, by, kNoFlags, out);
}

FLOW_FUNCTION("regexp_replace(string, string, string, string) -> string",
              "Likewise, with the flags of regexp_matches and g: every match.",
              "regexp_replace('hello', '[lo]', '-', 'g')")
uint8_t flow_regexp_replace_flags(FlowArena* arena, const FlowString* s, const FlowString* pattern,
                                  const FlowString* by, const FlowString* flags, FlowString* out) {
  return Replace(arena, s, pattern, by, View(flags), out);
}

FLOW_FUNCTION("regexp_count(string, string) -> int", "How many matches, one after the other.",
              "regexp_count('banana', 'an')")
uint8_t flow_regexp_count(FlowArena*, const FlowString* s, const FlowString* pattern,
                          int32_t* out) {
  const RE2* re = Compile(pattern, kNoFlags);
  if (re == nullptr) return kFlowErrArgument;
  StringPiece match;
  int32_t count = 0;
  ForEach(*re, s, &match, 1, [&](const StringPiece*) {
    ++count;
    return true;
  });
  *out = count;
  return kFlowValue;
}

FLOW_FUNCTION("regexp_instr(string, string) -> int",
              "At which character the first match begins, from 1; 0 if there is none.",
              "regexp_instr('banana', 'na')")
uint8_t flow_regexp_instr(FlowArena*, const FlowString* s, const FlowString* pattern,
                          int32_t* out) {
  const RE2* re = Compile(pattern, kNoFlags);
  if (re == nullptr) return kFlowErrArgument;
  StringPiece match;
  *out = 0;
  if (re->Match(Piece(s), 0, s->size, RE2::UNANCHORED, &match, 1)) {
    *out = flow_text::Count(flow_string_data(s), match.data()) + 1;
  }
  return kFlowValue;
}

FLOW_FUNCTION("regexp_escape(string) -> string",
              "The text as a regular expression that matches nothing but it.",
              "regexp_escape('a.b')")
uint8_t flow_regexp_escape(FlowArena* arena, const FlowString* s, FlowString* out) {
  return Give(RE2::QuoteMeta(Piece(s)), arena, out);
}

FLOW_ALIAS("regexp_like", "regexp_matches");
