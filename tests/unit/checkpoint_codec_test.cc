// links: compiler/interpret runtime/operator
// labels: asan
// Entries of aggregates as bytes: over all types and calls they come back as they were, and go on
// as if they had never left.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "compiler/interpret/interpret.h"
#include "runtime/abi/convert.h"
#include "runtime/operator/entry_codec.h"
#include "runtime/operator/group_table.h"
#include "tests/generator/random.h"
#include "tests/property/kernel_fixture.h"

namespace flow {
namespace {

using program::AggregateFn;

const std::vector<Type>& AllTypes() {
  static const std::vector<Type> types = {
      TypeKind::kBoolean, TypeKind::kInt,       TypeKind::kBigint,
      TypeKind::kDouble,  TypeKind::kString,    Type::Decimal(38, 2),
      TypeKind::kDate,    TypeKind::kTimestamp, Type::Decimal(10, 0)};
  return types;
}

Datum Some(const Type& type, test::Random* random) {
  if (random->Chance(10)) return Datum::Null(type);
  const int64_t small = random->Between(-3, 3);
  switch (type.kind) {
    case TypeKind::kBoolean:
      return Datum::Bool(small > 0);
    case TypeKind::kInt:
      return Datum::Int(type, random->Chance(10) ? INT32_MIN : small);
    case TypeKind::kDouble: {
      if (random->Chance(5)) return Datum::Double(std::numeric_limits<double>::infinity());
      if (random->Chance(5)) return Datum::Double(std::nan(""));
      return Datum::Double(std::ldexp(static_cast<double>(small) + 0.1,
                                      static_cast<int>(random->Between(-900, 900))));
    }
    case TypeKind::kString:
      return Datum::String(std::string(static_cast<size_t>(random->Between(0, 40)),
                                       static_cast<char>('a' + small + 3)));
    case TypeKind::kDecimal:
      return Datum::Decimal(
          type, FlowInt128{small} * flow_pow10(static_cast<int>(random->Between(0, 9))));
    default:
      return Datum::Int(type, random->Chance(10) && type.is(TypeKind::kBigint)
                                  ? std::numeric_limits<int64_t>::max()
                                  : small * 1000);
  }
}

class Codec {
 public:
  Codec(uint64_t seed, bool updating) : random_(seed), updating_(updating) {
    lowered_.program.aggregates.emplace_back();
    program::Aggregate& a = aggregate();
    a.name = "a";
    a.updating_input = updating;
    for (int64_t i = random_.Between(0, 3); i > 0; --i) {
      a.key_types.push_back(random_.Pick(AllTypes()));
      a.key_names.push_back("k" + std::to_string(i));
    }
    for (int64_t i = random_.Between(1, 5); i > 0; --i) AddCall();
    kernel_test::LayOut(&a);
    EXPECT_TRUE(interpret::Install(lowered_).ok());
  }
  program::Aggregate& aggregate() { return lowered_.program.aggregates[0]; }

  void Check() {
    const program::Aggregate& a = aggregate();
    const program::AggregateKernels& kernels = *a.kernels->Load();
    Arena arena;
    // One group: the first row's key for all rows.
    Batch rows = SomeRows(8);
    const auto size = static_cast<size_t>(a.layout.entry_size);
    auto* entry = reinterpret_cast<uint8_t*>(arena.Allocate(size));
    std::memset(entry, 0, size);
    kernels.insert(kernels.self, entry, rows.columns(), 0, arena.abi());
    Update(entry, rows, &arena);
    std::string key, value;
    AppendEntryKey(a, entry, &key);
    AppendEntryValue(a, entry, &value);

    Arena other;
    auto* copy = reinterpret_cast<uint8_t*>(other.Allocate(size));
    ASSERT_TRUE(ReadEntry(a, key, value, copy, &other).ok());
    EXPECT_TRUE(kernels.equal_entries(kernels.self, entry, copy));
    Same(entry, copy);
    // Both go on alike.
    Batch more = SomeRows(5);
    Update(entry, more, &arena);
    Update(copy, more, &other);
    Same(entry, copy);
    Finish(entry, copy);

    // Cut short, or with bytes behind it, it is no entry, and owns nothing.
    for (size_t cut = 0; cut < value.size(); ++cut) {
      auto* torn = reinterpret_cast<uint8_t*>(other.Allocate(size));
      EXPECT_FALSE(ReadEntry(a, key, value.substr(0, cut), torn, &other).ok());
    }
    auto* longer = reinterpret_cast<uint8_t*>(other.Allocate(size));
    EXPECT_FALSE(ReadEntry(a, key, value + "x", longer, &other).ok());
    EXPECT_FALSE(ReadEntry(a, key + "x", value, longer, &other).ok());
    if (kernels.destroy != nullptr) {
      kernels.destroy(kernels.self, entry);
      kernels.destroy(kernels.self, copy);
    }
  }

 private:
  void AddCall() {
    program::AggregateCall call;
    do {
      call.fn = random_.Pick(std::vector<AggregateFn>{
          AggregateFn::kCountRows, AggregateFn::kCount, AggregateFn::kSum, AggregateFn::kAvg,
          AggregateFn::kMin, AggregateFn::kMax, AggregateFn::kVarPop, AggregateFn::kQuantile,
          AggregateFn::kStringAgg, AggregateFn::kApproxCountDistinct});
    } while (updating_ && call.fn == AggregateFn::kApproxCountDistinct);
    call.result_type = TypeKind::kBigint;
    if (call.fn != AggregateFn::kCountRows) {
      const bool sum = call.fn == AggregateFn::kSum || call.fn == AggregateFn::kAvg ||
                       call.fn == AggregateFn::kVarPop;
      call.argument_type =
          sum ? random_.Pick(std::vector<Type>{TypeKind::kInt, TypeKind::kBigint, TypeKind::kDouble,
                                               Type::Decimal(38, 2)})
              : random_.Pick(AllTypes());
      if (call.fn == AggregateFn::kStringAgg) call.argument_type = TypeKind::kString;
      if (call.fn == AggregateFn::kQuantile) call.parameter = Datum::Double(0.5);
      call.distinct = (sum || call.fn == AggregateFn::kCount) && random_.Chance(50);
      call.result_type = call.argument_type;
      if (call.fn == AggregateFn::kCount || call.fn == AggregateFn::kApproxCountDistinct) {
        call.result_type = TypeKind::kBigint;
      }
      if (call.argument_type.is(TypeKind::kInt) && call.fn == AggregateFn::kSum) {
        call.result_type = TypeKind::kBigint;
      }
      if (call.fn == AggregateFn::kVarPop) call.result_type = TypeKind::kDouble;
      if (call.fn == AggregateFn::kAvg && !call.argument_type.is(TypeKind::kDouble)) {
        call.result_type = Type::Decimal(38, 6);
      }
      call.argument = static_cast<int>(aggregate().key_types.size() + arguments_.size());
      arguments_.push_back(call.argument_type);
    }
    aggregate().calls.push_back(call);
  }

  Batch SomeRows(int32_t count) {
    std::vector<Type> types = aggregate().key_types;
    types.insert(types.end(), arguments_.begin(), arguments_.end());
    Batch batch(types, count);
    for (; batch.rows < count; ++batch.rows) {
      for (size_t c = 0; c < types.size(); ++c) {
        WriteCell(batch.column(static_cast<int32_t>(c)), batch.rows, Some(types[c], &random_),
                  batch.arena().abi());
      }
    }
    if (updating_) {
      for (int32_t i = 0; i < count; ++i) batch.weights.push_back(random_.Chance(70) ? 1 : -1);
    }
    return batch;
  }

  void Update(uint8_t* entry, const Batch& rows, Arena* arena) {
    const program::AggregateKernels& kernels = *aggregate().kernels->Load();
    std::vector<uint8_t*> entries(static_cast<size_t>(rows.rows), entry);
    kernels.update(kernels.self, entries.data(), rows.columns(),
                   rows.weights.empty() ? nullptr : rows.weights.data(), rows.rows, arena->abi());
  }

  // The bytes are the content: equal entries have equal bytes.
  void Same(const uint8_t* entry, const uint8_t* copy) {
    std::string a, b;
    AppendEntryKey(aggregate(), entry, &a);
    AppendEntryValue(aggregate(), entry, &a);
    AppendEntryKey(aggregate(), copy, &b);
    AppendEntryValue(aggregate(), copy, &b);
    EXPECT_EQ(a, b);
  }
  void Finish(uint8_t* entry, uint8_t* copy) {
    const program::AggregateKernels& kernels = *aggregate().kernels->Load();
    std::vector<Type> types = aggregate().key_types;
    for (const auto& call : aggregate().calls) types.push_back(call.result_type);
    kernel_test::OutputColumns out(types, 2);
    Arena arena;
    std::vector<uint8_t*> both = {entry, copy};
    kernels.finish(kernels.self, both.data(), 2, out.columns.data(), arena.abi());
    EXPECT_EQ(kernel_test::RowText(out.columns, types, 0),
              kernel_test::RowText(out.columns, types, 1));
  }

  test::Random random_;
  const bool updating_;
  LoweredProgram lowered_;
  std::vector<Type> arguments_;
};

TEST(EntryCodec, AllTypesAndCalls) {
  for (uint64_t seed = 1; seed <= 600; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Codec(seed, seed % 2 == 0).Check();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace flow
