// Errors as values. Every error has a domain (who must act), a text and perhaps a hint.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace flow {

enum class ErrorDomain {
  kUser,      // the program text or the command line is wrong
  kData,      // what was read is wrong
  kExternal,  // a file, a server, the network
  kInternal,  // a bug of ours
  kState,     // state does not fit the program (exit code 4)
};

struct Error {
  ErrorDomain domain = ErrorDomain::kInternal;
  std::string message;
  std::string hint;
};

inline Error UserError(std::string message, std::string hint = "") {
  return {ErrorDomain::kUser, std::move(message), std::move(hint)};
}
inline Error DataError(std::string message, std::string hint = "") {
  return {ErrorDomain::kData, std::move(message), std::move(hint)};
}
inline Error ExternalError(std::string message, std::string hint = "") {
  return {ErrorDomain::kExternal, std::move(message), std::move(hint)};
}
inline Error InternalError(std::string message) {
  return {ErrorDomain::kInternal, std::move(message), ""};
}

// A value or an error.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : data_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : data_(std::move(error)) {}  // NOLINT(google-explicit-constructor)
  bool ok() const { return data_.index() == 0; }
  T& value() & { return std::get<0>(data_); }
  const T& value() const& { return std::get<0>(data_); }
  T&& value() && { return std::get<0>(std::move(data_)); }
  Error& error() { return std::get<1>(data_); }
  const Error& error() const { return std::get<1>(data_); }

 private:
  std::variant<T, Error> data_;
};

// Success or an error.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)
  bool ok() const { return !error_.has_value(); }
  Error& error() { return *error_; }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

inline Status OkStatus() { return Status(); }

#define FLOW_CONCAT_INNER(a, b) a##b
#define FLOW_CONCAT(a, b) FLOW_CONCAT_INNER(a, b)
// FLOW_TRY(auto x, F()): x is F's value, or the enclosing function returns F's error.
#define FLOW_TRY(declaration, expression) \
  FLOW_TRY_INNER(FLOW_CONCAT(flow_result_, __LINE__), declaration, expression)
#define FLOW_TRY_INNER(result, declaration, expression) \
  auto result = (expression);                           \
  if (!result.ok()) return std::move(result.error());   \
  declaration = std::move(result).value()
// FLOW_CHECK_OK(F()): the enclosing function returns F's error, if any.
#define FLOW_RETURN_IF_ERROR(expression)                                                           \
  do {                                                                                             \
    if (auto flow_status = (expression); !flow_status.ok()) return std::move(flow_status.error()); \
  } while (false)

}  // namespace flow
