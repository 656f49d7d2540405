// Binder::BindFunction: a FUNCTION of the file, bound once; calls are written out (expr_calls.cc).
#include "compiler/bind/binder.h"

namespace flow {

namespace {

bool AddParameter(const ast::Parameter& written, bound::SqlFunction* function,
                  bound::Schema* schema, ExprBinder* binder, Index* index, Diagnostics* out) {
  const std::string& name = written.name.text;
  if (const bound::Visible* other = FindVisible(schema->names, name)) {
    Diagnostic& d = out->Error(written.name.span, "duplicate parameter " + Quoted(name));
    d.code = "duplicate-name";
    d.related.push_back({other->declared, "first declared"});
    return false;
  }
  if (index != nullptr) {
    index->symbols.push_back({SymbolKind::kParameter, name, written.name.span, written.type});
  }
  bound::Column column;
  column.name = name;
  column.type = written.type;
  bound::Visible visible =
      binder->Spread(name, MakeColumn(static_cast<int>(schema->columns.size()), written.type));
  visible.declared = written.name.span;
  schema->columns.push_back(std::move(column));
  schema->names.push_back(std::move(visible));
  function->parameters.push_back({name, written.type, written.name.span});
  return true;
}

}  // namespace

std::string bound::SqlFunction::Signature() const {
  std::string text;
  for (const Parameter& parameter : parameters) {
    text += (text.empty() ? "" : ", ") + parameter.name + " " + parameter.type.ToString();
  }
  return name + "(" + text + ") -> " + result.ToString();
}

void Binder::BindFunction(const ast::FunctionStmt& statement) {
  const std::string name = LowerCase(statement.name.text);
  auto function = std::make_shared<bound::SqlFunction>();
  function->name = statement.name.text;
  function->span = statement.name.span;
  function->result = statement.returns;
  bool free = !IsBuiltInFunction(name);
  if (index != nullptr) {
    index->symbols.push_back({SymbolKind::kFunction, function->name, function->span});
  }
  if (!free) {
    Diagnostic& d = out->Error(function->span, Quoted(name) + " is a function of the language");
    d.label = "a FUNCTION needs a name of its own";
    d.code = "duplicate-name";
  } else {
    // It is known, without a body, while it is bound: so that a call of itself is seen.
    auto [place, fresh] = functions.emplace(name, function);
    const bool refused = !fresh && place->second->name.empty();
    if (refused) place->second = function;
    free = fresh || refused;
    if (!free) {
      Diagnostic& d = out->Error(function->span, "duplicate function " + Quoted(function->name));
      d.label = "the case of letters does not matter in names of functions";
      d.code = "duplicate-name";
      d.related.push_back({place->second->span, "first declared"});
    }
  }
  bound::Schema schema;
  Scope scope;
  scope.schema = &schema;
  scope.qualifier = function->name;
  scope.parameters = true;
  scope.functions = &functions;
  scope.index = index;
  ExprBinder binder(scope, out);
  binder.ForbidAggregates("a FUNCTION");
  bool ok = true;
  for (const ast::Parameter& parameter : statement.parameters) {
    ok &= AddParameter(parameter, function.get(), &schema, &binder, index, out);
  }
  if (ok) {
    function->body =
        binder.BindAs(*statement.body, statement.returns,
                      Quoted(function->name) + " returns " + statement.returns.ToString());
  }
  function->broken = function->body == nullptr;
  if (free && !function->broken) script.functions.push_back(std::move(function));
}

}  // namespace flow
