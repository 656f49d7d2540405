// links: compiler/codegen runtime/base
// labels: asan tsan
// Optimised code replaces the first code while kernels run: every batch sees one whole version, and
// engines may be thrown away at any moment.
#include <atomic>
#include <thread>

#include "tests/unit/codegen_fixture.h"

namespace flow {
namespace {

LoweredProgram Sum(int addend) {
  LoweredProgram lowered;
  program::Pipeline pipeline;
  pipeline.input = {kBigint, kString};
  pipeline.output = {kBigint, kString};
  pipeline.checked = {true, true};
  PipelineSpec spec;
  spec.outputs = {Op(ExprOp::kAdd, kBigint, {Col(0, kBigint), Lit(I(addend))}),
                  Call("upper", {Col(1, kString)})};
  lowered.program.pipelines.push_back(pipeline);
  lowered.pipelines.push_back(spec);
  return lowered;
}

TEST(CodegenTiers, OptimisedCodeIsSwappedInWhileBatchesRun) {
  LoweredProgram lowered = Sum(1);
  auto engine = codegen::Generate(lowered, {});
  ASSERT_TRUE(engine.ok()) << engine.error().message;
  const program::Pipeline& pipeline = lowered.program.pipelines[0];
  std::atomic<bool> stop{false};
  std::vector<std::thread> workers;
  std::atomic<int> wrong{0};
  for (int w = 0; w < 2; ++w) {
    workers.emplace_back([&] {
      std::unique_ptr<Batch> input =
          MakeBatch(pipeline.input, {{I(1), S("a")}, {I(2), S("bc")}, {I(3), Null(kString)}});
      while (!stop) {
        PipelineResult result = RunPipeline(pipeline, *input, nullptr, 0, 3);
        if (result.rows.size() != 3 || Show(result.rows[1]) != "3 'BC'") ++wrong;
      }
    });
  }
  EXPECT_TRUE(engine.value()->Wait().ok());
  EXPECT_EQ(pipeline.kernel->Load()->tier, program::Tier::kOptimized);
  stop = true;
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(wrong, 0);
}

TEST(CodegenTiers, AnEngineCanBeThrownAwayWhileItOptimises) {
  for (int i = 0; i < 5; ++i) {
    LoweredProgram lowered = Sum(i);
    {
      auto engine = codegen::Generate(lowered, {});
      ASSERT_TRUE(engine.ok()) << engine.error().message;
      if (i % 2 == 1) std::this_thread::sleep_for(std::chrono::milliseconds(5 * i));
    }
    const program::Pipeline& pipeline = lowered.program.pipelines[0];
    std::unique_ptr<Batch> input = MakeBatch(pipeline.input, {{I(40), S("x")}});
    PipelineResult result = RunPipeline(pipeline, *input, nullptr, 0, 1);
    EXPECT_EQ(Show(result.rows.at(0)), std::to_string(40 + i) + " 'X'");
  }
}

TEST(CodegenTiers, SeveralEnginesCompileAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      LoweredProgram lowered = Sum(t);
      auto engine = codegen::Generate(lowered, {});
      if (!engine.ok() || !engine.value()->Wait().ok()) return;
      const program::Pipeline& pipeline = lowered.program.pipelines[0];
      std::unique_ptr<Batch> input = MakeBatch(pipeline.input, {{I(40), S("x")}});
      PipelineResult result = RunPipeline(pipeline, *input, nullptr, 0, 1);
      right += Show(result.rows.at(0)) == std::to_string(40 + t) + " 'X'";
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 3);
}

}  // namespace
}  // namespace flow
