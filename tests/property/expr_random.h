// Random types, values and bound expressions, all from one seed.
#pragma once

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "compiler/bind/expr.h"
#include "compiler/bind/types.h"
#include "runtime/abi/convert.h"
#include "runtime/abi/error_code.h"
#include "runtime/base/batch.h"
#include "runtime/base/datum.h"

namespace flow::kernel_test {

inline int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoll(text);
}

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed * 0x9E3779B97F4A7C15u + 1) {}
  uint64_t Bits() { return engine_(); }
  // In [0, n).
  int64_t Below(int64_t n) { return static_cast<int64_t>(engine_() % static_cast<uint64_t>(n)); }
  // In [a, b].
  int64_t Between(int64_t a, int64_t b) { return a + Below(b - a + 1); }
  bool Percent(int chance) { return Below(100) < chance; }
  template <typename T>
  const T& OneOf(const std::vector<T>& from) {
    return from[static_cast<size_t>(Below(static_cast<int64_t>(from.size())))];
  }

 private:
  std::mt19937_64 engine_;
};

// The types of columns; DECIMALs of several shapes.
inline const std::vector<Type>& AllTypes() {
  static const std::vector<Type> types = {
      TypeKind::kBoolean,    TypeKind::kInt,       TypeKind::kBigint,    TypeKind::kDouble,
      Type::Decimal(5, 2),   Type::Decimal(12, 2), Type::Decimal(38, 0), Type::Decimal(38, 10),
      Type::Decimal(38, 38), Type::Decimal(18, 6), TypeKind::kString,    TypeKind::kDate,
      TypeKind::kTimestamp,  TypeKind::kInterval,
  };
  return types;
}

inline int64_t RandomInteger(Random& random, int64_t least, int64_t greatest) {
  switch (random.Below(6)) {
    case 0:
      return random.OneOf<int64_t>({least, greatest, least + 1, greatest - 1});
    case 1:
    case 2:
    case 3:
      return std::clamp<int64_t>(random.Between(-12, 12), least, greatest);
    default: {
      // Of any magnitude.
      const int64_t value = static_cast<int64_t>(random.Bits()) >> random.Below(63);
      return std::clamp(value, least, greatest);
    }
  }
}

inline double RandomDouble(Random& random) {
  static const std::vector<double> special = {0.0,
                                              -0.0,
                                              1.0,
                                              -1.0,
                                              0.5,
                                              2.5,
                                              -3.5,
                                              0x1p31,
                                              0x1p63,
                                              -0x1p63,
                                              1e15,
                                              123456.789,
                                              1.7976931348623157e308,
                                              -1.7976931348623157e308,
                                              5e-324,
                                              2.2250738585072014e-308,
                                              std::numeric_limits<double>::infinity(),
                                              -std::numeric_limits<double>::infinity(),
                                              std::numeric_limits<double>::quiet_NaN(),
                                              -std::numeric_limits<double>::quiet_NaN()};
  switch (random.Below(4)) {
    case 0:
      return random.OneOf(special);
    case 1:
      return std::bit_cast<double>(random.Bits());
    default:
      return static_cast<double>(RandomInteger(random, -1000000000, 1000000000)) /
             random.OneOf<double>({1, 1, 3, 8, 100});
  }
}

inline FlowInt128 RandomUnscaled(Random& random, int precision) {
  const FlowInt128 bound = flow_pow10(precision);
  FlowInt128 value;
  switch (random.Below(5)) {
    case 0:
      value = bound - 1 - random.Below(2);
      break;
    case 1:
      value = random.Between(0, 9) * flow_pow10(static_cast<int32_t>(random.Below(precision)));
      break;
    case 2:
      value = random.Between(0, 300);
      break;
    default:
      value =
          static_cast<FlowInt128>((static_cast<FlowUInt128>(random.Bits()) << 64 | random.Bits()) >>
                                  (1 + random.Below(120)));
      value %= bound;
  }
  return random.Percent(50) ? -value : value;
}

inline std::string RandomText(Random& random) {
  static const std::vector<std::string> special = {"",
                                                   " ",
                                                   "a",
                                                   "abc",
                                                   "ABC def",
                                                   "true",
                                                   "no",
                                                   "12",
                                                   " -7 ",
                                                   "2147483648",
                                                   "1e3",
                                                   "-0.005",
                                                   "12.345",
                                                   "99999999999999999999999999999999999999.9",
                                                   "NaN",
                                                   "-Infinity",
                                                   "2026-01-31",
                                                   "2024-02-29 23:59:59.9999999",
                                                   "2026-01-31T10:00:00+02:30",
                                                   "0001-01-01",
                                                   "9999-12-31 24:00:00",
                                                   "2026-02-30",
                                                   "10:00",
                                                   "%a_c%",
                                                   "\xC3\xA4\xC3\xB6",
                                                   "\xE2\x82\xAC uro",
                                                   "\xF0\x9F\x98\x80",
                                                   "broken \xFF\xC3",
                                                   "twelve bytes",
                                                   "thirteen byte",
                                                   "a string that is far too long to stand inline",
                                                   "month",
                                                   "hour",
                                                   "day",
                                                   "%Y-%m-%d %H:%M:%S"};
  if (random.Percent(70)) return random.OneOf(special);
  std::string text;
  const int64_t size = random.Below(20);
  for (int64_t i = 0; i < size; ++i) text += static_cast<char>('a' + random.Below(4));
  return text;
}

inline Datum RandomValue(Random& random, const Type& type) {
  switch (type.kind) {
    case TypeKind::kBoolean:
      return Datum::Bool(random.Percent(50));
    case TypeKind::kInt:
      return Datum::Int(type, RandomInteger(random, std::numeric_limits<int32_t>::min(),
                                            std::numeric_limits<int32_t>::max()));
    case TypeKind::kBigint:
    case TypeKind::kInterval:
      return Datum::Int(type, RandomInteger(random, std::numeric_limits<int64_t>::min(),
                                            std::numeric_limits<int64_t>::max()));
    case TypeKind::kDouble:
      return Datum::Double(RandomDouble(random));
    case TypeKind::kDecimal:
      return Datum::Decimal(type, RandomUnscaled(random, type.precision));
    case TypeKind::kString:
      return Datum::String(RandomText(random));
    case TypeKind::kDate:
      return Datum::Int(type, random.Percent(60)
                                  ? random.Between(20000, 20800)
                                  : RandomInteger(random, FLOW_DATE_MIN, FLOW_DATE_MAX));
    case TypeKind::kTimestamp:
      if (random.Percent(60)) {
        return Datum::Int(type, random.Between(1767225600, 1798761600) * 1000000 +
                                    random.OneOf<int64_t>({0, 500000, 123456, 999999}));
      }
      return Datum::Int(type, RandomInteger(random, FLOW_TIMESTAMP_MIN, FLOW_TIMESTAMP_MAX));
    case TypeKind::kNull:
    case TypeKind::kStruct:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kJson:
      break;
  }
  return Datum::Null(type);
}

inline uint8_t RandomError(Random& random) {
  return static_cast<uint8_t>(random.Between(kFlowErrOverflow, kFlowErrArgument));
}

// Also NULL and errors.
inline Datum RandomCell(Random& random, const Type& type, int null_percent, int error_percent) {
  if (random.Percent(null_percent)) return Datum::Null(type);
  if (random.Percent(error_percent)) return Datum::Error(type, RandomError(random));
  return RandomValue(random, type);
}

inline Batch RandomBatch(Random& random, const std::vector<Type>& types, int32_t rows,
                         int null_percent, int error_percent) {
  Batch batch(types, rows);
  for (batch.rows = 0; batch.rows < rows; ++batch.rows) {
    for (size_t c = 0; c < types.size(); ++c) {
      WriteCell(batch.column(static_cast<int32_t>(c)), batch.rows,
                RandomCell(random, types[c], null_percent, error_percent), batch.arena().abi());
    }
  }
  return batch;
}

// Makes expressions over some columns. Parts are reused, so that they form graphs.
class ExprGenerator {
 public:
  ExprGenerator(Random& random, std::vector<Type> columns)
      : random_(random), columns_(std::move(columns)) {
    for (const Function& f : StandardFunctions()) {
      bool plain = IsPlain(f.result);
      for (const Type& argument : f.arguments) plain = plain && IsPlain(argument);
      if (plain) functions_[f.result.kind].push_back(&f);
    }
  }

  // At most about `budget` nodes.
  BoundExprPtr Make(const Type& type, int budget) {
    if (random_.Percent(12)) {
      std::vector<BoundExprPtr> same;
      for (const BoundExprPtr& e : pool_) {
        if (e->type == type) same.push_back(e);
      }
      if (!same.empty()) return random_.OneOf(same);
    }
    BoundExprPtr made = budget <= 1 || random_.Percent(10) ? Leaf(type) : Inner(type, budget - 1);
    pool_.push_back(made);
    return made;
  }

 private:
  // The binder gives arguments of the others their types.
  static bool IsPlain(const Type& type) {
    return type.is(TypeKind::kString) || !type.is_variable();
  }

  BoundExprPtr Leaf(const Type& type) {
    std::vector<int> same, castable;
    for (size_t c = 0; c < columns_.size(); ++c) {
      if (columns_[c] == type) same.push_back(static_cast<int>(c));
      if (CanCast(columns_[c], type)) castable.push_back(static_cast<int>(c));
    }
    if (!same.empty() && random_.Percent(70)) return MakeColumn(random_.OneOf(same), type);
    if (!castable.empty() && random_.Percent(30)) {
      const int c = random_.OneOf(castable);
      return As(MakeColumn(c, columns_[static_cast<size_t>(c)]), type);
    }
    return MakeLiteral(RandomCell(random_, type, 8, 4));
  }

  BoundExprPtr As(BoundExprPtr e, const Type& type) {
    if (e->type == type) return e;
    return MakeCast(std::move(e), type, random_.Percent(15));
  }

  BoundExprPtr Inner(const Type& type, int budget) {
    const int64_t choice = random_.Below(100);
    if (choice < 8) return Case(type, budget);
    if (choice < 14) return Coalesce(type, budget);
    if (choice < 26) return CastFrom(type, budget);
    if (choice < 45) {
      if (BoundExprPtr call = Call(type, budget)) return call;
    }
    switch (type.kind) {
      case TypeKind::kBoolean:
        return Condition(budget);
      case TypeKind::kInt:
      case TypeKind::kBigint:
      case TypeKind::kDouble:
      case TypeKind::kDecimal:
        return Number(type, budget);
      case TypeKind::kTimestamp:
      case TypeKind::kInterval:
        return Moment(type, budget);
      case TypeKind::kString:
      case TypeKind::kDate:
      case TypeKind::kNull:
      case TypeKind::kStruct:
      case TypeKind::kBytes:
      case TypeKind::kArray:
      case TypeKind::kMap:
      case TypeKind::kJson:
        return CastFrom(type, budget);
    }
    return Leaf(type);
  }

  BoundExprPtr Condition(int budget) {
    const Type boolean(TypeKind::kBoolean);
    switch (random_.Below(6)) {
      case 0:
        return MakeNode(ExprOp::kNot, boolean, {Make(boolean, budget)});
      case 1:
        return MakeNode(ExprOp::kIsNull, boolean, {Make(random_.OneOf(AllTypes()), budget)});
      case 2:
      case 3: {
        std::vector<BoundExprPtr> terms;
        const int64_t count = random_.Between(2, 4);
        for (int64_t i = 0; i < count; ++i) {
          terms.push_back(Make(boolean, budget / static_cast<int>(count)));
        }
        return MakeNode(random_.Percent(50) ? ExprOp::kAnd : ExprOp::kOr, boolean,
                        std::move(terms));
      }
      default: {
        static const std::vector<ExprOp> comparisons = {ExprOp::kEq, ExprOp::kNe, ExprOp::kLt,
                                                        ExprOp::kLe, ExprOp::kGt, ExprOp::kGe};
        const Type left = random_.OneOf(AllTypes());
        const std::optional<Type> common = CommonType(left, random_.OneOf(AllTypes()));
        const Type type = common ? *common : left;
        return MakeNode(random_.OneOf(comparisons), boolean,
                        {Make(type, budget / 2), Make(type, budget / 2)});
      }
    }
  }

  BoundExprPtr Number(const Type& type, int budget) {
    if (random_.Percent(12)) return MakeNode(ExprOp::kNeg, type, {Make(type, budget)});
    static const std::vector<ExprOp> operators = {ExprOp::kAdd, ExprOp::kSub, ExprOp::kMul,
                                                  ExprOp::kDiv, ExprOp::kMod};
    for (int tries = 0; tries < 10; ++tries) {
      const ExprOp op = random_.OneOf(operators);
      Type left = type, right = type;
      if (type.is(TypeKind::kDecimal) || random_.Percent(20)) {
        left = random_.OneOf(AllTypes());
        right = random_.OneOf(AllTypes());
        if (!left.is_numeric() || !right.is_numeric()) continue;
      }
      bool scale_overflow = false;
      const auto types = Arithmetic(op, left, right, &scale_overflow);
      if (!types) continue;
      return As(MakeNode(op, types->result,
                         {CastTo(Make(left, budget / 2), types->left),
                          CastTo(Make(right, budget / 2), types->right)}),
                type);
    }
    return Leaf(type);
  }

  BoundExprPtr Moment(const Type& type, int budget) {
    const Type time(TypeKind::kTimestamp), span(TypeKind::kInterval);
    const ExprOp op = random_.Percent(50) ? ExprOp::kAdd : ExprOp::kSub;
    const int half = budget / 2;
    if (type.is(TypeKind::kTimestamp)) {
      if (op == ExprOp::kAdd && random_.Percent(30)) {
        return MakeNode(op, time, {Make(span, half), Make(time, half)});
      }
      return MakeNode(op, time, {Make(time, half), Make(span, half)});
    }
    if (random_.Percent(40)) {
      return MakeNode(ExprOp::kSub, span, {Make(time, half), Make(time, half)});
    }
    if (random_.Percent(20)) return MakeNode(ExprOp::kNeg, span, {Make(span, budget)});
    return MakeNode(op, span, {Make(span, half), Make(span, half)});
  }

  BoundExprPtr Case(const Type& type, int budget) {
    std::vector<BoundExprPtr> children;
    const int64_t arms = random_.Between(0, 3);
    const int share = budget / static_cast<int>(2 * arms + 1);
    for (int64_t i = 0; i < arms; ++i) {
      children.push_back(Make(TypeKind::kBoolean, share));
      children.push_back(Make(type, share));
    }
    children.push_back(Make(type, share));
    return MakeNode(ExprOp::kCase, type, std::move(children));
  }

  BoundExprPtr Coalesce(const Type& type, int budget) {
    std::vector<BoundExprPtr> children;
    const int64_t count = random_.Between(1, 3);
    for (int64_t i = 0; i < count; ++i) {
      children.push_back(Make(type, budget / static_cast<int>(count)));
    }
    return MakeNode(ExprOp::kCoalesce, type, std::move(children));
  }

  BoundExprPtr CastFrom(const Type& type, int budget) {
    std::vector<Type> from;
    for (const Type& t : AllTypes()) {
      if (CanCast(t, type) && !(t == type)) from.push_back(t);
    }
    if (from.empty()) return Leaf(type);
    return MakeCast(Make(random_.OneOf(from), budget), type, random_.Percent(25));
  }

  BoundExprPtr Call(const Type& type, int budget) {
    const std::vector<const Function*>& candidates = functions_[type.kind];
    if (candidates.empty() || type.is(TypeKind::kDecimal)) return nullptr;
    const Function* function = random_.OneOf(candidates);
    std::vector<BoundExprPtr> arguments;
    for (const Type& argument : function->arguments) {
      // Strings must not grow without bound: repeat() takes a small number.
      if (function->name == "repeat" && argument.is(TypeKind::kInt)) {
        arguments.push_back(MakeLiteral(Datum::Int(argument, random_.Between(-1, 3))));
      } else {
        arguments.push_back(Make(argument, budget / static_cast<int>(function->arguments.size())));
      }
    }
    return MakeCall(function, std::move(arguments));
  }

  Random& random_;
  std::vector<Type> columns_;
  std::map<TypeKind, std::vector<const Function*>> functions_;
  std::vector<BoundExprPtr> pool_;
};

}  // namespace flow::kernel_test
