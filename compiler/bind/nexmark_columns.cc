// CheckNexmarkColumn: the fields of the benchmark's events, which are not the user's to name.
#include <algorithm>

#include "compiler/bind/binder.h"

namespace flow {

namespace {

const std::vector<std::string> kTopLevel = {"event_type", "dateTime", "person", "auction", "bid"};
const std::vector<std::string> kPerson = {"id",   "name",  "emailAddress", "creditCard",
                                          "city", "state", "dateTime",     "extra"};
const std::vector<std::string> kAuction = {"id",       "itemName", "description", "initialBid",
                                           "reserve",  "dateTime", "expires",     "seller",
                                           "category", "extra"};
const std::vector<std::string> kBid = {"auction", "bidder",   "price", "channel",
                                       "url",     "dateTime", "extra"};

bool Check(const std::string& name, const std::vector<std::string>& known, const std::string& where,
           Span span, Diagnostics* out) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return true;
  Diagnostic& d = out->Error(span, "NEXMARK" + where + " has no field " + Quoted(name));
  d.hint = Suggest(name, known, "there is " + ListOf(known, 12));
  d.code = "unknown-field";
  return false;
}

}  // namespace

bool CheckNexmarkColumn(const ast::ColumnDef& def, Diagnostics* out) {
  const std::string& name = def.name.text;
  if (!Check(name, kTopLevel, "", def.name.span, out)) return false;
  const std::vector<std::string>* fields = name == "person"    ? &kPerson
                                           : name == "auction" ? &kAuction
                                           : name == "bid"     ? &kBid
                                                               : nullptr;
  bool is_struct = def.type.is(TypeKind::kStruct);
  if (is_struct != (fields != nullptr)) {
    Diagnostic& d = out->Error(def.type_span, "NEXMARK's " + Quoted(name) + " is " +
                                                  (is_struct ? "no STRUCT" : "a STRUCT"));
    d.code = "type-mismatch";
    return false;
  }
  bool ok = true;
  for (size_t i = 0; is_struct && i < def.type.fields->size(); ++i) {
    const std::string& field = (*def.type.fields)[i].name;
    ok &= Check(field, *fields, "'s " + Quoted(name), def.type_span, out);
  }
  return ok;
}

}  // namespace flow
