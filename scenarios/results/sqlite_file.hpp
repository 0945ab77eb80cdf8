// SPDX-License-Identifier: MIT
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace tandem::scenarios {

/// An open SQLite file. What SQLite says is wrong is thrown as std::runtime_error with its path.
class sqlite_file {
 public:
  enum class use : std::uint8_t { write, read };

  /// `write` makes the file when it is missing.
  explicit sqlite_file(std::string path, use how = use::write) : path_(std::move(path)) {
    sqlite3* raw = nullptr;
    const int flags =
        how == use::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    const int code = sqlite3_open_v2(path_.c_str(), &raw, flags, nullptr);
    handle_.reset(raw);
    check(code);
  }
  /// A copy to be changed, gone with this object; errors name the file of `from`. Without a name it
  /// is on disk when it is large, and nobody else's.
  static sqlite_file copy_of(const sqlite_file& from);

  void run(const char* sql) { check(sqlite3_exec(get(), sql, nullptr, nullptr, nullptr)); }
  void check(int code) const {
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW)
      throw std::runtime_error(path_ + ": " +
                               (handle_ ? sqlite3_errmsg(get()) : sqlite3_errstr(code)));
  }
  sqlite3* get() const { return handle_.get(); }
  /// The version that its maker gave it; 0: none.
  int version() const;
  /// Whether there is such a table or view.
  bool has(std::string_view table) const;

 private:
  struct closer {
    void operator()(sqlite3* handle) const { sqlite3_close(handle); }
  };
  std::string path_;
  std::unique_ptr<sqlite3, closer> handle_;
};

/// A prepared statement: called with the values of its parameters it is done, row by row.
class sqlite_statement {
 public:
  sqlite_statement(const sqlite_file& in, const char* sql) : file_(in) {
    file_.check(sqlite3_prepare_v2(file_.get(), sql, -1, &statement_, nullptr));
  }
  ~sqlite_statement() { sqlite3_finalize(statement_); }
  sqlite_statement(const sqlite_statement&) = delete;
  sqlite_statement& operator=(const sqlite_statement&) = delete;

  /// All of it, for statements that give no rows.
  template <class... Values>
  void operator()(const Values&... values) {
    with(values...);
    file_.check(sqlite3_step(statement_));
    sqlite3_reset(statement_);
  }
  /// The values of its parameters, for one that gives rows.
  template <class... Values>
  sqlite_statement& with(const Values&... values) {
    int at = 0;
    (bind(++at, values), ...);
    return *this;
  }
  /// The next row is there, to be read with text(), integer() and real().
  bool next() {
    const int code = sqlite3_step(statement_);
    file_.check(code);
    return code == SQLITE_ROW;
  }
  std::string text(int column) {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return bytes ? std::string(bytes, size) : std::string();
  }
  bool is_null(int column) { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  double real(int column) { return sqlite3_column_double(statement_, column); }
  std::int64_t integer(int column) { return sqlite3_column_int64(statement_, column); }

 private:
  void bind(int at, std::string_view text) {
    sqlite3_bind_text(statement_, at, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
  }
  void bind(int at, double value) { sqlite3_bind_double(statement_, at, value); }
  template <class Integer>
  requires std::is_integral_v<Integer>
  void bind(int at, Integer value) {
    sqlite3_bind_int64(statement_, at, static_cast<sqlite3_int64>(value));
  }
  void bind(int at, std::nullptr_t) { sqlite3_bind_null(statement_, at); }
  void bind(int at, std::optional<double> value) {
    if (!value) return bind(at, nullptr);
    bind(at, *value);
  }

  const sqlite_file& file_;
  sqlite3_stmt* statement_ = nullptr;
};

inline sqlite_file sqlite_file::copy_of(const sqlite_file& from) {
  sqlite_file made("");
  sqlite3_backup* copying = sqlite3_backup_init(made.get(), "main", from.get(), "main");
  if (copying != nullptr) sqlite3_backup_step(copying, -1);
  made.path_ = from.path_;
  made.check(copying != nullptr ? sqlite3_backup_finish(copying) : SQLITE_ERROR);
  return made;
}

inline int sqlite_file::version() const {
  sqlite_statement asked(*this, "PRAGMA user_version");
  return asked.next() ? static_cast<int>(asked.integer(0)) : 0;
}

inline bool sqlite_file::has(std::string_view table) const {
  sqlite_statement asked(*this, "SELECT 1 FROM sqlite_master WHERE name = ?");
  return asked.with(table).next();
}

}  // namespace tandem::scenarios
