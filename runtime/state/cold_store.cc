// ColdStore: RocksDB with the settings that fit scratch state under a small budget.
#include "runtime/state/cold_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace flow {

namespace {

// From so many entries on, a sorted file that the database takes over is cheaper than a memtable.
constexpr size_t kIngestEntries = 10'000;

Status ToStatus(const rocksdb::Status& status, const std::string& folder) {
  if (status.ok()) return OkStatus();
  const std::string text = "state that is kept on disk (" + folder + "): " + status.ToString();
  if (status.IsCorruption()) {
    return DataError(text, "it is scratch: start again, and suspect the disk");
  }
  return ExternalError(text, "more --memory needs less of it");
}

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view View(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// The first key behind all that begin with `prefix`; "": there is none.
std::string BehindPrefix(std::string prefix) {
  while (!prefix.empty() && static_cast<uint8_t>(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

rocksdb::Options DatabaseOptions(int64_t memory) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache =
      rocksdb::NewLRUCache(static_cast<size_t>(std::max<int64_t>(memory / 4 * 3, 1 << 20)), 2);
  // All memory is under the budget. Filters are in parts, or one that has no room would be read as
  // a whole for each key.
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(8));
  table.block_size = 4096;
  table.format_version = 5;

  rocksdb::Options options;
  options.create_if_missing = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size =
      static_cast<size_t>(std::clamp<int64_t>(memory / 8, 256 << 10, 32 << 20));
  options.max_write_buffer_number = 2;
  options.arena_block_size = options.write_buffer_size / 8;
  options.target_file_size_base = 16 << 20;
  options.max_bytes_for_level_base = 128 << 20;
  // Entries go out and come back again and again: writing them less often counts.
  options.compaction_style = rocksdb::kCompactionStyleUniversal;
  options.max_open_files = 256;
  options.max_background_jobs = 2;
  options.avoid_flush_during_shutdown = true;
  options.info_log_level = rocksdb::InfoLogLevel::ERROR_LEVEL;
  options.keep_log_file_num = 1;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  const auto known = rocksdb::GetSupportedCompressions();
  options.compression =
      std::find(known.begin(), known.end(), rocksdb::kLZ4Compression) != known.end()
          ? rocksdb::kLZ4Compression
          : rocksdb::kNoCompression;
  return options;
}

}  // namespace

struct ColdStore::Database {
  rocksdb::Options options;
  std::unique_ptr<rocksdb::DB> db;
  rocksdb::WriteOptions write;
  rocksdb::ReadOptions read;
};

void ColdEntries::Sort() {
  std::sort(items_.begin(), items_.end(), [this](const Item& a, const Item& b) {
    return std::string_view(bytes_.data() + a.at, a.key) <
           std::string_view(bytes_.data() + b.at, b.key);
  });
}

ColdStore::ColdStore(Options options) : options_(std::move(options)) {
  std::error_code ignored;  // if it matters, Open says so
  if (!options_.folder.empty()) std::filesystem::remove_all(options_.folder, ignored);
}

ColdStore::~ColdStore() {
  if (owned_ == nullptr) return;
  rocksdb::CancelAllBackgroundWork(owned_->db.get(), true);
  owned_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(options_.folder, ignored);
}

Status ColdStore::Open() {
  std::lock_guard lock(mutex_);
  if (owned_ != nullptr) return OkStatus();
  std::error_code code;
  if (options_.folder.empty()) {
    std::string name = std::filesystem::temp_directory_path(code).string() + "/flowc-state-XXXXXX";
    if (code || ::mkdtemp(name.data()) == nullptr) {
      return ExternalError("can not make the temporary folder " + name,
                           "TMPDIR names where; or give --state DIR, or more --memory");
    }
    options_.folder = name;
  } else {
    std::filesystem::remove_all(options_.folder, code);
    if (!code) std::filesystem::create_directory(options_.folder, code);
    if (code) {
      return ExternalError("can not make the folder " + options_.folder + ": " + code.message());
    }
    ::chmod(options_.folder.c_str(), 0700);
  }
  auto database = std::make_unique<Database>();
  database->options = DatabaseOptions(options_.memory);
  database->write.disableWAL = true;
  rocksdb::DB* db = nullptr;
  FLOW_RETURN_IF_ERROR(
      ToStatus(rocksdb::DB::Open(database->options, options_.folder, &db), options_.folder));
  database->db.reset(db);
  owned_ = std::move(database);
  database_.store(owned_.get());
  return OkStatus();
}

Status ColdStore::Put(ColdEntries* entries) {
  if (entries->size() == 0) return OkStatus();
  if (database_.load() == nullptr) FLOW_RETURN_IF_ERROR(Open());
  Database* database = database_.load();
  entries->Sort();
  written_.fetch_add(static_cast<int64_t>(entries->size()), std::memory_order_relaxed);
  if (entries->size() >= kIngestEntries) return Ingest(*entries);
  rocksdb::WriteBatch batch(entries->bytes() + entries->size() * 8);
  for (size_t i = 0; i < entries->size(); ++i) {
    rocksdb::Status put = batch.Put(ToSlice(entries->key(i)), ToSlice(entries->value(i)));
    if (!put.ok()) return ToStatus(put, options_.folder);
  }
  return ToStatus(database->db->Write(database->write, &batch), options_.folder);
}

Status ColdStore::Ingest(const ColdEntries& entries) {
  Database* database = database_.load();
  const std::string file = options_.folder + "/in-" + std::to_string(files_.fetch_add(1)) + ".sst";
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), database->options);
  rocksdb::Status status = writer.Open(file);
  for (size_t i = 0; status.ok() && i < entries.size(); ++i) {
    status = writer.Put(ToSlice(entries.key(i)), ToSlice(entries.value(i)));
  }
  if (status.ok()) status = writer.Finish();
  rocksdb::IngestExternalFileOptions ingest;
  ingest.move_files = true;
  ingest.snapshot_consistency = false;
  if (status.ok()) status = database->db->IngestExternalFile({file}, ingest);
  std::error_code ignored;
  std::filesystem::remove(file, ignored);  // its other name is the database's
  return ToStatus(status, options_.folder);
}

Status ColdStore::Get(const std::vector<std::string>& keys,
                      const std::function<Status(size_t index, std::string_view value)>& found) {
  Database* database = database_.load();
  if (keys.empty() || database == nullptr) return OkStatus();
  std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
  std::vector<rocksdb::PinnableSlice> values(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  database->db->MultiGet(database->read, database->db->DefaultColumnFamily(), keys.size(),
                         slices.data(), values.data(), statuses.data(), true);
  int64_t hits = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].IsNotFound()) continue;
    FLOW_RETURN_IF_ERROR(ToStatus(statuses[i], options_.folder));
    ++hits;
    FLOW_RETURN_IF_ERROR(found(i, View(values[i])));
  }
  looked_up_.fetch_add(static_cast<int64_t>(keys.size()), std::memory_order_relaxed);
  read_back_.fetch_add(hits, std::memory_order_relaxed);
  return OkStatus();
}

Status ColdStore::Delete(const std::vector<std::string>& keys) {
  Database* database = database_.load();
  if (keys.empty() || database == nullptr) return OkStatus();
  rocksdb::WriteBatch batch;
  for (const std::string& key : keys) {
    rocksdb::Status status = batch.Delete(key);
    if (!status.ok()) return ToStatus(status, options_.folder);
  }
  return ToStatus(database->db->Write(database->write, &batch), options_.folder);
}

Status ColdStore::DropPrefix(const std::string& prefix) {
  Database* database = database_.load();
  if (database == nullptr) return OkStatus();
  return ToStatus(database->db->DeleteRange(database->write, database->db->DefaultColumnFamily(),
                                            prefix, BehindPrefix(prefix)),
                  options_.folder);
}

Status ColdStore::Scan(
    const std::string& prefix,
    const std::function<Status(std::string_view key, std::string_view value)>& f) {
  Database* database = database_.load();
  if (database == nullptr) return OkStatus();
  const std::string end = BehindPrefix(prefix);
  const rocksdb::Slice bound = end;
  rocksdb::ReadOptions read;
  read.iterate_upper_bound = end.empty() ? nullptr : &bound;
  read.fill_cache = false;
  std::unique_ptr<rocksdb::Iterator> at(database->db->NewIterator(read));
  for (at->Seek(prefix); at->Valid(); at->Next()) {
    FLOW_RETURN_IF_ERROR(f(View(at->key()), View(at->value())));
  }
  return ToStatus(at->status(), options_.folder);
}

}  // namespace flow
