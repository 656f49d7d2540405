// Gives PassedOptions and ConnectionOptions: the allow-list of librdkafka's options.
#include <algorithm>
#include <cstring>

#include "runtime/connector/kafka/client.h"

namespace flow::kafka {

namespace {

// What changes neither which records are read or written, nor when that counts as done; and nothing
// that loads or runs other code (plugin.library.paths, ssl.engine.*, sasl.kerberos.kinit.cmd).
constexpr const char* kCommon[] = {"client.id",
                                   "client.rack",
                                   "security.protocol",
                                   "sasl.mechanism",
                                   "sasl.mechanisms",
                                   "sasl.username",
                                   "sasl.password",
                                   "sasl.kerberos.service.name",
                                   "sasl.kerberos.principal",
                                   "sasl.kerberos.keytab",
                                   "ssl.ca.location",
                                   "ssl.ca.pem",
                                   "ssl.certificate.location",
                                   "ssl.certificate.pem",
                                   "ssl.key.location",
                                   "ssl.key.pem",
                                   "ssl.key.password",
                                   "ssl.cipher.suites",
                                   "ssl.endpoint.identification.algorithm",
                                   "enable.ssl.certificate.verification",
                                   "broker.address.family",
                                   "broker.address.ttl",
                                   "metadata.max.age.ms",
                                   "topic.metadata.refresh.interval.ms",
                                   "socket.timeout.ms",
                                   "socket.keepalive.enable",
                                   "socket.receive.buffer.bytes",
                                   "socket.send.buffer.bytes",
                                   "reconnect.backoff.ms",
                                   "reconnect.backoff.max.ms",
                                   "message.max.bytes",
                                   "receive.message.max.bytes",
                                   "debug"};
constexpr const char* kConsumer[] = {"fetch.wait.max.ms",      "fetch.min.bytes",
                                     "fetch.max.bytes",        "fetch.message.max.bytes",
                                     "fetch.error.backoff.ms", "max.partition.fetch.bytes",
                                     "queued.min.messages",    "queued.max.messages.kbytes"};
constexpr const char* kProducer[] = {"acks",
                                     "compression.type",
                                     "compression.codec",
                                     "compression.level",
                                     "linger.ms",
                                     "queue.buffering.max.ms",
                                     "queue.buffering.max.messages",
                                     "queue.buffering.max.kbytes",
                                     "batch.size",
                                     "batch.num.messages",
                                     "message.timeout.ms",
                                     "request.timeout.ms",
                                     "retry.backoff.ms"};

template <size_t n>
bool Has(const char* const (&list)[n], const std::string& name) {
  return std::any_of(std::begin(list), std::end(list),
                     [&](const char* known) { return name == known; });
}

}  // namespace

Result<std::map<std::string, std::string>> PassedOptions(const std::string& who, Role role,
                                                         const program::Options& options) {
  std::map<std::string, std::string> passed;
  for (const auto& [name, value] : options) {
    if (name == "brokers" || name == "topic") continue;
    const bool known = Has(kCommon, name) ||
                       (role == Role::kConsumer ? Has(kConsumer, name) : Has(kProducer, name));
    if (!known) {
      return UserError(who + ": KAFKA has no option '" + name + "'",
                       "brokers, topic, and options of librdkafka for connections, security, "
                       "buffers and time-outs");
    }
    passed[name] = value;
  }
  return passed;
}

std::map<std::string, std::string> ConnectionOptions(
    const std::map<std::string, std::string>& passed) {
  std::map<std::string, std::string> connection;
  for (const auto& [name, value] : passed) {
    if (Has(kCommon, name)) connection[name] = value;
  }
  return connection;
}

}  // namespace flow::kafka
