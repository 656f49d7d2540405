// Reading connector options: what is unknown, missing or not of its type is a user's error.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

#include "runtime/base/status.h"
#include "runtime/program/program.h"

namespace flow {

// `who` is for messages: "source clicks (FILE)". An error names the first unknown option.
Status CheckOptions(const std::string& who, const program::Options& options,
                    std::initializer_list<const char*> known);
// The option, or an error that says that it is missing.
Result<std::string> RequiredOption(const std::string& who, const program::Options& options,
                                   const std::string& name);
std::string OptionOr(const program::Options& options, const std::string& name,
                     const std::string& otherwise);
// `options` with the values of `secrets`, which are environment variables by their names. For
// whoever opens a connection; nothing that is printed may hold them.
Result<program::Options> WithSecrets(const std::string& who, program::Options options,
                                     const program::Options& secrets);
// An integer within [least, greatest]; `otherwise` if it is not there.
Result<int64_t> IntegerOption(const std::string& who, const program::Options& options,
                              const std::string& name, int64_t otherwise, int64_t least,
                              int64_t greatest);
// 'true' or 'false'.
Result<bool> BooleanOption(const std::string& who, const program::Options& options,
                           const std::string& name, bool otherwise);
// One of `choices`; the first if it is not there.
Result<std::string> ChoiceOption(const std::string& who, const program::Options& options,
                                 const std::string& name,
                                 std::initializer_list<const char*> choices);
// A length of time as it is written in a .flow file, 500ms 10s 5m 1h 7d 2w: microseconds within
// [least, greatest].
Result<int64_t> DurationOption(const std::string& who, const program::Options& options,
                               const std::string& name, int64_t otherwise, int64_t least,
                               int64_t greatest);

}  // namespace flow
