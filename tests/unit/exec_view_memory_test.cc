// links: runtime/exec
// What a view holds back is bounded by its keys, not by how often they changed.
#include <gtest/gtest.h>

#include <string>

#include "runtime/exec/view_output.h"
#include "runtime/format/row_table.h"
#include "runtime/time/windows.h"

namespace flow {
namespace {

constexpr int64_t kMegabyte = 1 << 20;
constexpr int kKeys = 3;

program::View SomeView() {
  program::View view;
  view.name = "v";
  view.columns = {"k", "s"};
  view.types = {TypeKind::kInt, TypeKind::kString};
  view.key = {0};
  view.wanted = true;
  return view;
}

// One change: key i % kKeys gets a string of 100 KB that begins with `i`.
void Change(int32_t i, Batch* out) {
  out->Clear();
  std::string text = std::to_string(i) + std::string(100'000, 'x');
  FlowString s;
  flow_string_copy(&s, text.data(), static_cast<uint32_t>(text.size()), out->arena().abi());
  out->values<int32_t>(0)[0] = i % kKeys;
  out->values<FlowString>(1)[0] = s;
  out->column(0).status[0] = out->column(1).status[0] = kFlowValue;
  out->rows = 1;
}

std::string Text(const Batch& batch, int32_t row) {
  const FlowString& s = batch.values<FlowString>(1)[row];
  return std::string(flow_string_data(&s), 4);
}

TEST(RowTable, OverwrittenStringsAreFreed) {
  const program::View view = SomeView();
  RowTable table(&view);
  Batch change(view.types, 1);
  const int64_t before = MemoryAccount::Process()->used();
  for (int32_t i = 1000; i < 3000; ++i) {
    Change(i, &change);
    table.Apply(change);
    ASSERT_LT(MemoryAccount::Process()->used() - before, 12 * kMegabyte) << i;
  }
  const Batch rows = table.Take([](const Batch&, int32_t) { return true; });
  ASSERT_EQ(rows.rows, kKeys);
  EXPECT_EQ(Text(rows, 0), "2997");
  EXPECT_EQ(Text(rows, 1), "2998");
  EXPECT_EQ(Text(rows, 2), "2999");
}

TEST(RowTable, StringsOfRowsThatCameAndWentAreFreed) {
  program::View view = SomeView();
  view.key = {0, 1};  // each row is new
  RowTable table(&view);
  Batch change(view.types, 1);
  const int64_t before = MemoryAccount::Process()->used();
  for (int32_t i = 1000; i < 3000; ++i) {
    Change(i, &change);
    table.Apply(change);
    change.weights = {-1};
    table.Apply(change);
    change.weights.clear();
    ASSERT_EQ(table.size(), 0);
    ASSERT_LT(MemoryAccount::Process()->used() - before, 12 * kMegabyte) << i;
  }
}

TEST(ViewOutput, ChangesThatWaitForEmitEveryAreFolded) {
  program::Program program;
  program.views.push_back(SomeView());
  program.views[0].emit = program::EmitKind::kEvery;
  program.views[0].emit_every = 3'600'000'000;  // us
  SinkThread thread;
  RunOptions options;
  options.use_sinks = false;
  std::vector<std::string> seen;
  options.on_rows = [&](const program::View&, const Batch& changes, int64_t) {
    for (int32_t row = 0; row < changes.rows; ++row) {
      EXPECT_EQ(changes.weight(row), 1);
      seen.push_back(Text(changes, row));
    }
  };
  auto output = ViewOutput::Open(program, 0, options, false, &thread);
  ASSERT_TRUE(output.ok()) << output.error().message;
  Batch change(program.views[0].types, 1);
  const int64_t before = MemoryAccount::Process()->used();
  for (int32_t i = 1000; i < 3000; ++i) {
    Change(i, &change);
    output.value()->Add(change);
    output.value()->EndTick(kMinTime, 1, i, false);
    ASSERT_LT(MemoryAccount::Process()->used() - before, 20 * kMegabyte) << i;
  }
  EXPECT_TRUE(seen.empty());
  output.value()->EndTick(kMinTime, 2, 3000, true);
  EXPECT_EQ(seen, (std::vector<std::string>{"2998", "2999", "2997"}));  // by first appearance
}

}  // namespace
}  // namespace flow
