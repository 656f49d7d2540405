// The explicit list behind FindNative: every symbol that generated code can reach is named here, so
// a missing one is an error while compiling and never a look-up in the process.
#include "compiler/codegen/natives.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "compiler/catalog/function.h"
#include "runtime/abi/compact_sum.h"
#include "runtime/abi/convert.h"
#include "runtime/abi/exact_sum.h"
#include "runtime/abi/moments.h"
#include "runtime/abi/multiset.h"
#include "runtime/abi/sketch.h"
#include "runtime/abi/sort_key.h"
#include "stdlib/support/support.h"

// What LLVM calls for 128-bit division and conversion (libgcc).
extern "C" {
FlowInt128 __divti3(FlowInt128, FlowInt128);
FlowInt128 __modti3(FlowInt128, FlowInt128);
FlowUInt128 __udivti3(FlowUInt128, FlowUInt128);
FlowUInt128 __umodti3(FlowUInt128, FlowUInt128);
double __floattidf(FlowInt128);
double __floatuntidf(FlowUInt128);
FlowInt128 __fixdfti(double);
FlowUInt128 __fixunsdfti(double);
}

namespace flow::codegen {

namespace {

template <typename F>
void* Address(F* function) {
  return reinterpret_cast<void*>(function);
}

template <typename T>
constexpr char Letter() {
  if constexpr (std::is_void_v<T>) {
    return 'v';
  } else if constexpr (std::is_pointer_v<T>) {
    return 'p';
  } else if constexpr (std::is_same_v<T, double>) {
    return 'd';
  } else {
    static_assert(std::is_integral_v<T> && (sizeof(T) == 1 || sizeof(T) >= 4) && sizeof(T) <= 8,
                  "generated code can not pass this type");
    return sizeof(T) == 1 ? 'b' : sizeof(T) == 4 ? 'i' : 'l';
  }
}

// The letters of a C function's type, so that the list can not disagree with the headers.
template <typename R, typename... A>
std::string SignatureOf(R (*)(A...)) {
  return {Letter<R>(), ':', Letter<A>()...};
}

char LetterOf(const Type& type) {
  switch (type.kind) {
    case TypeKind::kBoolean:
      return 'b';
    case TypeKind::kInt:
    case TypeKind::kDate:
      return 'i';
    case TypeKind::kBigint:
    case TypeKind::kTimestamp:
    case TypeKind::kInterval:
      return 'l';
    case TypeKind::kDouble:
      return 'd';
    case TypeKind::kDecimal:
    case TypeKind::kString:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kJson:
      return 'p';
    case TypeKind::kNull:
      break;
  }
  return '?';
}

std::string SignatureOf(const Function& function) {
  std::string text = "b:p";
  for (const Type& argument : function.arguments) text += LetterOf(argument);
  return text + 'p';
}

double Fmod(double a, double b) { return std::fmod(a, b); }

std::vector<Native> Collect() {
  std::vector<Native> list;
#define FLOW_NATIVE(name) list.push_back({#name, Address(&name), SignatureOf(&name)});
  FLOW_SUPPORT_FUNCTIONS(FLOW_NATIVE)
  FLOW_NATIVE(flow_state_string_assign)
  FLOW_NATIVE(flow_multiset_new)
  FLOW_NATIVE(flow_multiset_new_distinct)
  FLOW_NATIVE(flow_multiset_free)
  FLOW_NATIVE(flow_multiset_add)
  FLOW_NATIVE(flow_multiset_merge)
  FLOW_NATIVE(flow_multiset_merge_distinct)
  FLOW_NATIVE(flow_multiset_new_bounded)
  FLOW_NATIVE(flow_multiset_new_least)
  FLOW_NATIVE(flow_multiset_quantile)
  FLOW_NATIVE(flow_multiset_join)
  FLOW_NATIVE(flow_multiset_best)
  FLOW_NATIVE(flow_multiset_min)
  FLOW_NATIVE(flow_multiset_max)
  FLOW_NATIVE(flow_sort_key_last)
  FLOW_NATIVE(flow_sketch_new)
  FLOW_NATIVE(flow_sketch_free)
  FLOW_NATIVE(flow_sketch_add)
  FLOW_NATIVE(flow_sketch_merge)
  FLOW_NATIVE(flow_sketch_finish)
  FLOW_NATIVE(flow_moments_new)
  FLOW_NATIVE(flow_moments_free)
  FLOW_NATIVE(flow_moments_add)
  FLOW_NATIVE(flow_moments_merge)
  FLOW_NATIVE(flow_moments_finish)
  FLOW_NATIVE(flow_double_sum_add)
  FLOW_NATIVE(flow_double_sum_merge)
  FLOW_NATIVE(flow_double_sum_free)
#undef FLOW_NATIVE

  for (const Function& function : StandardFunctions()) {
    list.push_back({function.symbol, function.address, SignatureOf(function)});
  }

  // Called by bitcode only.
#define FLOW_NATIVE(name) list.push_back({#name, Address(&name), ""});
  FLOW_NATIVE(flow_arena_grow)
  FLOW_NATIVE(flow_double_sum_finish)
  FLOW_NATIVE(flow_double_sum_wide)
  FLOW_NATIVE(flow_spill_new)
  FLOW_NATIVE(flow_spill_free)
  FLOW_NATIVE(flow_parse_boolean)
  FLOW_NATIVE(flow_parse_int)
  FLOW_NATIVE(flow_parse_bigint)
  FLOW_NATIVE(flow_parse_double)
  FLOW_NATIVE(flow_parse_decimal)
  FLOW_NATIVE(flow_parse_date)
  FLOW_NATIVE(flow_parse_timestamp)
  FLOW_NATIVE(flow_format_bigint)
  FLOW_NATIVE(flow_format_double)
  FLOW_NATIVE(flow_format_decimal)
  FLOW_NATIVE(flow_format_date)
  FLOW_NATIVE(flow_format_timestamp)
  FLOW_NATIVE(flow_format_interval)
  FLOW_NATIVE(flow_decimal_from_double)
  FLOW_NATIVE(flow_decimal_to_double)
  FLOW_NATIVE(__divti3)
  FLOW_NATIVE(__modti3)
  FLOW_NATIVE(__udivti3)
  FLOW_NATIVE(__umodti3)
  FLOW_NATIVE(__floattidf)
  FLOW_NATIVE(__floatuntidf)
  FLOW_NATIVE(__fixdfti)
  FLOW_NATIVE(__fixunsdfti)
  FLOW_NATIVE(memcpy)
  FLOW_NATIVE(memmove)
  FLOW_NATIVE(memset)
  FLOW_NATIVE(memcmp)
#undef FLOW_NATIVE
  list.push_back({"bcmp", Address(&memcmp), ""});
  list.push_back(
      {"memchr", Address(static_cast<const void* (*)(const void*, int, size_t)>(&memchr)), ""});
  using Unary = double (*)(double);
  using Binary = double (*)(double, double);
  const std::pair<const char*, Unary> unary[] = {
      {"ceil", std::ceil},   {"floor", std::floor}, {"trunc", std::trunc}, {"rint", std::rint},
      {"round", std::round}, {"sqrt", std::sqrt},   {"exp", std::exp},     {"log", std::log},
      {"log10", std::log10}, {"fabs", std::fabs}};
  for (const auto& [name, function] : unary) list.push_back({name, Address(function), ""});
  list.push_back({"pow", Address(static_cast<Binary>(std::pow)), ""});
  list.push_back({"fmod", Address(Fmod), "d:dd"});

  std::sort(list.begin(), list.end(),
            [](const Native& a, const Native& b) { return a.name < b.name; });
  // Aliases of a standard function share its symbol.
  list.erase(std::unique(list.begin(), list.end(),
                         [](const Native& a, const Native& b) { return a.name == b.name; }),
             list.end());
  return list;
}

}  // namespace

const std::vector<Native>& Natives() {
  static const std::vector<Native>* const natives = new std::vector<Native>(Collect());
  return *natives;
}

const Native* FindNative(std::string_view name) {
  const std::vector<Native>& natives = Natives();
  auto at = std::lower_bound(natives.begin(), natives.end(), name,
                             [](const Native& a, std::string_view b) { return a.name < b; });
  return at != natives.end() && at->name == name ? &*at : nullptr;
}

}  // namespace flow::codegen
