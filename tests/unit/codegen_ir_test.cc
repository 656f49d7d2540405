// links: compiler/codegen runtime/base stdlib
// The text of generated code: small functions are inlined at O2 also with the host's CPU stamped
// on, the text holds no addresses, and declarations fit the bitcode.
#include <llvm/Bitcode/BitcodeReader.h>
#include <llvm/IR/InstrTypes.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/MemoryBuffer.h>

#include <set>

#include "compiler/codegen/bitcode.h"
#include "compiler/codegen/emit.h"
#include "compiler/codegen/jit.h"
#include "compiler/codegen/module.h"
#include "compiler/codegen/natives.h"
#include "compiler/codegen/optimize.h"
#include "runtime/program/layout.h"
#include "tests/unit/codegen_fixture.h"

namespace flow {
namespace {

// A pipeline and an aggregate that reach many helpers.
LoweredProgram Sample() {
  LoweredProgram lowered;
  program::Pipeline pipeline;
  pipeline.input = {kBigint, kString, kTimestamp, Type::Decimal(12, 2), kDouble};
  PipelineSpec spec;
  spec.filter = Op(ExprOp::kAnd, kBool,
                   {Call("starts_with", {Col(1, kString), Lit(S("ab"))}),
                    Op(ExprOp::kNe, kBool, {Col(1, kString), Lit(S("abc"))})});
  program::Window window;
  window.size = window.slide = 60000000;
  pipeline.window = window;
  pipeline.judges_lateness = true;
  spec.time = Col(2, kTimestamp);
  spec.outputs = {Col(5, kTimestamp),
                  Call("abs", {Col(0, kBigint)}),
                  Call("length", {Col(1, kString)}),
                  Call("hour", {Col(2, kTimestamp)}),
                  Call("floor", {Col(4, kDouble)}),
                  Op(ExprOp::kMul, Type::Decimal(38, 4),
                     {Col(3, Type::Decimal(12, 2)), Col(3, Type::Decimal(12, 2))})};
  for (const BoundExprPtr& output : spec.outputs) {
    pipeline.output.push_back(output->type);
    pipeline.checked.push_back(true);
  }
  pipeline.hashes = true;
  pipeline.key_count = 6;
  lowered.program.pipelines.push_back(pipeline);
  lowered.pipelines.push_back(spec);

  program::Aggregate aggregate;
  aggregate.key_types = {kString};
  aggregate.calls = {{program::AggregateFn::kSum, 1, kBigint, kBigint, "", false, false, {}}};
  aggregate.layout = program::LayOut(aggregate.key_types, aggregate.calls, false);
  lowered.program.aggregates.push_back(aggregate);
  return lowered;
}

// The functions of ours that a module's kernels still call.
std::set<std::string> Calls(const llvm::Module& module) {
  std::set<std::string> names;
  for (const llvm::Function& function : module) {
    for (const llvm::BasicBlock& block : function) {
      for (const llvm::Instruction& instruction : block) {
        const auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction);
        if (call == nullptr || call->getCalledFunction() == nullptr) continue;
        if (!call->getCalledFunction()->isIntrinsic()) {
          names.insert(call->getCalledFunction()->getName().str());
        }
      }
    }
  }
  return names;
}

class IrTest : public ::testing::TestWithParam<bool> {};

TEST_P(IrTest, NoCallToASmallFunctionRemains) {
  auto machine = codegen::MakeTarget(/*host=*/GetParam(), program::Tier::kOptimized);
  ASSERT_TRUE(machine.ok()) << machine.error().message;
  llvm::LLVMContext context;
  auto module = codegen::EmitModule(context, codegen::InputsOf(Sample()), true,
                                    machine.value()->createDataLayout(),
                                    machine.value()->getTargetTriple().str());
  ASSERT_TRUE(module.ok()) << module.error().message;
  std::set<std::string> before = Calls(*module.value());
  for (const char* name :
       {"flow_abs_bigint", "flow_length", "flow_starts_with", "flow_hour", "flow_floor",
        "flow_op_hash_u64", "flow_op_hash_i128", "flow_op_string_equal"}) {
    EXPECT_EQ(before.count(name), 1u) << name;
  }
  Status status = codegen::LinkAndOptimize(*module.value(), *machine.value());
  ASSERT_TRUE(status.ok()) << status.error().message;
  for (const std::string& name : Calls(*module.value())) {
    // The arena's slow path is the runtime's own and not in the bitcode; that of sums is large.
    EXPECT_TRUE(name == "flow_arena_grow" || name.starts_with("flow_op_sum64_") ||
                name.substr(0, 5) != "flow_")
        << name;
  }
  // Nothing else of the library is left, and every function is made for the same machine.
  for (const llvm::Function& function : *module.value()) {
    if (function.isDeclaration()) continue;
    EXPECT_TRUE(function.getName().starts_with("pipeline_") ||
                function.getName().starts_with("aggregate_"))
        << function.getName().str();
    EXPECT_EQ(function.getFnAttribute("target-cpu").getValueAsString(),
              machine.value()->getTargetCPU());
    EXPECT_EQ(function.getFnAttribute("target-features").getValueAsString(),
              machine.value()->getTargetFeatureString());
  }
}

INSTANTIATE_TEST_SUITE_P(Machines, IrTest, ::testing::Values(false, true),
                         [](const auto& info) { return info.param ? "Host" : "Baseline"; });

TEST(CodegenText, IsTheSameEveryTimeAndHoldsNoAddresses) {
  for (bool optimized : {false, true}) {
    auto first = codegen::PrintIr(Sample(), optimized);
    auto second = codegen::PrintIr(Sample(), optimized);
    ASSERT_TRUE(first.ok()) << first.error().message;
    EXPECT_EQ(first.value(), second.value());
    EXPECT_EQ(first.value().find("inttoptr"), std::string::npos);
    EXPECT_NE(first.value().find("define i32 @pipeline_0(ptr"), std::string::npos);
    EXPECT_NE(first.value().find("@aggregate_0_update("), std::string::npos);
  }
}

// A kernel declares what it calls by its own idea of the type; here the bitcode and the native list
// are held against each other, for every function that kernels can name.
TEST(CodegenBitcode, EveryFunctionHasTheDeclaredType) {
  llvm::LLVMContext context;
  std::string_view bitcode = codegen::StandardBitcode();
  auto library = llvm::parseBitcodeFile(
      llvm::MemoryBufferRef(llvm::StringRef(bitcode.data(), bitcode.size()), "stdlib"), context);
  ASSERT_TRUE(static_cast<bool>(library));
  codegen::ModuleBuilder builder(context);
  int compared = 0;
  for (const codegen::Native& native : codegen::Natives()) {
    EXPECT_NE(native.address, nullptr) << native.name;
    if (native.signature.empty()) continue;
    const llvm::Function* body = (*library)->getFunction(native.name);
    if (body == nullptr || body->isDeclaration()) continue;
    auto* declared = llvm::cast<llvm::Function>(builder.Callee(native.name).getCallee());
    EXPECT_EQ(body->getFunctionType(), declared->getFunctionType()) << native.name;
    ++compared;
  }
  EXPECT_GT(compared, 80);
  for (const Function& function : StandardFunctions()) {
    const llvm::Function* body = (*library)->getFunction(function.symbol);
    if (function.native) {
      EXPECT_TRUE(body == nullptr || body->isDeclaration()) << function.ToString();
      continue;
    }
    ASSERT_NE(body, nullptr) << function.ToString();
    EXPECT_FALSE(body->isDeclaration()) << function.ToString();
  }
  // What the library needs from outside must be in the list, or tier 1 could not link it.
  for (const llvm::Function& function : **library) {
    if (!function.isDeclaration() || function.isIntrinsic()) continue;
    EXPECT_NE(codegen::FindNative(function.getName().str()), nullptr) << function.getName().str();
  }
}

// Runtime structs are addressed by offsetof; what is assumed beyond that stands here.
TEST(CodegenLayout, StructsAreAsGeneratedCodeReadsThem) {
  EXPECT_EQ(sizeof(FlowString), 16u);
  EXPECT_EQ(offsetof(FlowString, ref.data), 8u);
  EXPECT_EQ(sizeof(FlowColumn), 16u);
  EXPECT_EQ(sizeof(FlowEntryHeader), 8u);
  llvm::LLVMContext context;
  codegen::ModuleBuilder builder(context);
  auto machine = codegen::MakeTarget(false, program::Tier::kBaseline);
  ASSERT_TRUE(machine.ok());
  llvm::DataLayout layout = machine.value()->createDataLayout();
  for (const Type& type : {kBool, kInt, kBigint, kDouble, kString, kDate, kTimestamp, kInterval,
                           Type::Decimal(38, 2)}) {
    EXPECT_EQ(layout.getTypeAllocSize(builder.CellType(type)), static_cast<uint64_t>(type.width()))
        << type.ToString();
  }
}

}  // namespace
}  // namespace flow
