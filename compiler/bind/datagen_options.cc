// CheckDatagen: what program::ReadDatagen finds wrong gets its place.
#include "compiler/bind/binder.h"
#include "runtime/program/datagen.h"

namespace flow {

bool CheckDatagen(const ast::ConnectorClause& clause, const program::Source& source,
                  Diagnostics* out) {
  bool ok = true;
  for (const ast::Option& option : clause.options) {
    if (option.secret) {
      out->Error(option.value_span, "a secret cannot stand here").code = "bad-option";
      ok = false;
    }
    if (option.name.text.starts_with("column.") && out->Asked(option.value_span)) {
      out->Answer({Offer::Kind::kValue, CandidatesOf(program::DistributionNames())});
    }
  }
  program::Datagen unused;
  for (const program::DatagenMistake& mistake :
       program::ReadDatagen(source.options, source.declared, &unused)) {
    Span span = clause.connector.span;
    for (const ast::Option& option : clause.options) {
      if (option.name.text != mistake.option) continue;
      span = mistake.at_name ? option.name.span : option.value_span;
    }
    Diagnostic& d = out->Error(span, mistake.message);
    d.hint = mistake.word.empty() ? mistake.hint
                                  : Suggest(mistake.word, mistake.candidates,
                                            "there is " + ListOf(mistake.candidates, 12));
    d.code = "bad-option";
    ok = false;
  }
  return ok;
}

}  // namespace flow
