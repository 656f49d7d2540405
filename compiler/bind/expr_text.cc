// Bound expressions as text (ToText): what EXPLAIN shows and golden tests compare.
#include <algorithm>

#include "compiler/bind/expr.h"
#include "compiler/bind/literal.h"

namespace flow {

namespace {

const char* OperatorText(ExprOp op) {
  switch (op) {
    case ExprOp::kAdd:
      return "+";
    case ExprOp::kSub:
      return "-";
    case ExprOp::kMul:
      return "*";
    case ExprOp::kDiv:
      return "/";
    case ExprOp::kMod:
      return "%";
    case ExprOp::kEq:
      return "=";
    case ExprOp::kNe:
      return "<>";
    case ExprOp::kLt:
      return "<";
    case ExprOp::kLe:
      return "<=";
    case ExprOp::kGt:
      return ">";
    case ExprOp::kGe:
      return ">=";
    case ExprOp::kAnd:
      return "AND";
    case ExprOp::kOr:
      return "OR";
    case ExprOp::kColumn:
    case ExprOp::kLiteral:
    case ExprOp::kNeg:
    case ExprOp::kNot:
    case ExprOp::kIsNull:
    case ExprOp::kCase:
    case ExprOp::kCoalesce:
    case ExprOp::kCast:
    case ExprOp::kCall:
      return nullptr;
  }
  return nullptr;
}

// Views over views share subtrees; written out they could be exponentially long.
constexpr size_t kMaxText = 64 << 10;

class Printer {
 public:
  explicit Printer(const std::vector<std::string>& names) : names_(names) {}
  std::string text;

  void Print(const BoundExpr& e, bool nested) {
    if (text.size() > kMaxText) {
      if (!cut_) text += " ...";
      cut_ = true;
      return;
    }
    switch (e.op) {
      case ExprOp::kColumn:
        PrintColumn(e.column);
        return;
      case ExprOp::kLiteral:
        if (e.type.is(TypeKind::kInterval) && e.literal.is_value()) {
          text += DurationText(e.literal.i);
        } else {
          text += ToSql(e.literal);
        }
        return;
      case ExprOp::kAdd:
      case ExprOp::kSub:
      case ExprOp::kMul:
      case ExprOp::kDiv:
      case ExprOp::kMod:
      case ExprOp::kEq:
      case ExprOp::kNe:
      case ExprOp::kLt:
      case ExprOp::kLe:
      case ExprOp::kGt:
      case ExprOp::kGe:
      case ExprOp::kAnd:
      case ExprOp::kOr: {
        Open(nested);
        const char* between = OperatorText(e.op);
        for (size_t i = 0; i < e.children.size(); ++i) {
          if (i > 0) text += std::string(" ") + between + " ";
          Print(*e.children[i], true);
        }
        Close(nested);
        return;
      }
      case ExprOp::kNeg:
        Open(nested);
        text += "-";
        Print(*e.children[0], true);
        Close(nested);
        return;
      case ExprOp::kNot: {
        Open(nested);
        const BoundExpr& child = *e.children[0];
        if (child.op == ExprOp::kIsNull) {
          Print(*child.children[0], true);
          text += " IS NOT NULL";
        } else {
          text += "NOT ";
          Print(child, true);
        }
        Close(nested);
        return;
      }
      case ExprOp::kIsNull:
        Open(nested);
        Print(*e.children[0], true);
        text += " IS NULL";
        Close(nested);
        return;
      case ExprOp::kCase:
        text += "CASE";
        for (size_t i = 0; i + 1 < e.children.size(); i += 2) {
          text += " WHEN ";
          Print(*e.children[i], false);
          text += " THEN ";
          Print(*e.children[i + 1], false);
        }
        text += " ELSE ";
        Print(*e.children.back(), false);
        text += " END";
        return;
      case ExprOp::kCoalesce:
        text += "COALESCE";
        Arguments(e, e.children.size());
        return;
      case ExprOp::kCast:
        if (PrintParts(e)) return;
        text += e.try_cast ? "TRY_CAST(" : "CAST(";
        Print(*e.children[0], false);
        text += " AS " + e.type.ToString() + ")";
        return;
      case ExprOp::kCall:
        if (PrintPlace(e)) return;
        text += e.function->name;
        Arguments(e, e.function->written());
        return;
    }
  }

 private:
  // a[1], m['key'] and s.field as they are written.
  bool PrintPlace(const BoundExpr& e) {
    const std::string& name = e.function->name;
    if (name.starts_with("_element_")) {
      Print(*e.children[0], true);
      return true;
    }
    if (name != "_array_element" && name != "_map_value") return false;
    const BoundExpr& of = *e.children[0];
    const BoundExpr& place = *e.children[1];
    if (of.op == ExprOp::kCast && of.children[0]->type.is(TypeKind::kStruct)) {
      const BoundExpr& whole = *of.children[0];
      Print(whole, whole.op != ExprOp::kCast);
      text += "." + (*whole.type.fields)[static_cast<size_t>(place.literal.i) - 1].NameText();
      return true;
    }
    Print(of, true);
    text += "[";
    Print(place, false);
    text += "]";
    return true;
  }
  // STRUCT(a AS x, b AS y) and ARRAY[a, b]: the parts of values, one after the other.
  bool PrintParts(const BoundExpr& e) {
    const bool is_struct = e.type.is(TypeKind::kStruct);
    if (!is_struct && !e.type.is(TypeKind::kArray)) return false;
    std::vector<const BoundExpr*> values;
    const BoundExpr* rest = e.children[0].get();
    while (IsCall(*rest, "concat") && PartOf(*rest->children[1], &values)) {
      rest = rest->children[0].get();
    }
    if (!PartOf(*rest, &values)) return false;
    std::reverse(values.begin(), values.end());
    if (is_struct && values.size() != e.type.fields->size()) return false;
    text += is_struct ? "STRUCT(" : "ARRAY[";
    for (size_t i = 0; i < values.size(); ++i) {
      if (i > 0) text += ", ";
      Print(*values[i], false);
      if (is_struct) text += " AS " + (*e.type.fields)[i].NameText();
    }
    text += is_struct ? ")" : "]";
    return true;
  }
  static bool IsCall(const BoundExpr& e, const char* name) {
    return e.op == ExprOp::kCall && e.function->name == name;
  }
  // COALESCE(_sort_key(value, FALSE), '~'), where the value may have been made to fit.
  static bool PartOf(const BoundExpr& e, std::vector<const BoundExpr*>* values) {
    if (e.op != ExprOp::kCoalesce || !IsCall(*e.children[0], "_sort_key")) return false;
    const BoundExpr* value = e.children[0]->children[0].get();
    // Only casts that change no value: two programs with one text would share their state.
    bool same = false;
    if (value->op == ExprOp::kCast && !value->try_cast) {
      const Type& from = value->children[0]->type;
      same = value->type.is(TypeKind::kBigint)
                 ? from.is(TypeKind::kInt)
                 : value->type.is(TypeKind::kString) && from.is_variable() &&
                       !from.is(TypeKind::kString);
    }
    values->push_back(same ? value->children[0].get() : value);
    return true;
  }
  void PrintColumn(int column) {
    size_t i = static_cast<size_t>(column);
    if (column >= 0 && i < names_.size() && !names_[i].empty()) {
      text += names_[i];
    } else {
      text += "#" + std::to_string(column);
    }
  }
  void Arguments(const BoundExpr& e, size_t count) {
    text += "(";
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) text += ", ";
      Print(*e.children[i], false);
    }
    text += ")";
  }
  void Open(bool nested) {
    if (nested) text += "(";
  }
  void Close(bool nested) {
    if (nested) text += ")";
  }

  const std::vector<std::string>& names_;
  bool cut_ = false;
};

}  // namespace

std::string ToText(const BoundExpr& expr, const std::vector<std::string>& names) {
  Printer printer(names);
  printer.Print(expr, false);
  return std::move(printer.text);
}

}  // namespace flow
