// SPDX-License-Identifier: MIT
#include "tandem/scenarios/gate/gate.hpp"

#include <fmt/format.h>
#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>

#include <algorithm>
#include <map>
#include <sstream>

namespace tandem::scenarios {
namespace {

bool is_wrong(const gate_result& r) { return r.status != gate_status::ok; }

std::string place(const complaint& of) {
  return of.line > 0 ? fmt::format("{}:{}", of.file, of.line) : of.file;
}

std::string indented(const std::string& text, const char* by) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) out += by + line + "\n";
  return out;
}

// `148 ok, 1 failed`, the worst last.
std::string sum_of(const std::vector<gate_result>& results) {
  std::map<gate_status, std::size_t, std::greater<>> counts;
  for (const auto& each : results) ++counts[each.status];
  std::string out;
  for (const auto& [status, count] : counts)
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count, name_of(status));
  return out.empty() ? "nothing to run" : out;
}

std::string details_of(const gate_result& r) {
  std::string out;
  for (const auto& each : r.complaints) out += place(each) + ": " + each.text + "\n";
  out += r.changes;
  return out.empty() || out.back() == '\n' ? out : out + "\n";
}

// XML 1.0 has no other control characters, whatever a program wrote as it crashed.
std::string for_xml(std::string text) {
  std::erase_if(text, [](unsigned char c) { return c < 0x20 && c != '\n' && c != '\t'; });
  return text;
}

std::string escaped(const std::string& text, bool in_property) {
  std::string out;
  for (const char c : text)
    if (c == '%' || c == '\r' || c == '\n' || (in_property && (c == ':' || c == ',')))
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    else
      out += c;
  return out;
}

}  // namespace

std::string gate_table(const std::vector<gate_result>& results) {
  std::string out;
  for (const auto& each : results) {
    if (is_wrong(each) && each.status != gate_status::not_run)
      out += fmt::format("{}: {}\n{}  {}\n", name_of(each.status), each.what.id(),
                         indented(details_of(each), "  "), each.reproduce);
    else if (!each.changes.empty())
      out += fmt::format("note: {}\n{}", each.what.id(), indented(each.changes, "  "));
  }
  return out + sum_of(results) + "\n";
}

std::string gate_junit(const std::vector<gate_result>& results) {
  namespace pt = boost::property_tree;
  pt::ptree suite;
  std::size_t failures = 0, errors = 0, skipped = 0;
  double total = 0;
  for (const auto& each : results) {
    pt::ptree one;
    one.put("<xmlattr>.classname", each.what.level);
    one.put("<xmlattr>.name", each.what.name);
    one.put("<xmlattr>.file", each.what.file);
    one.put("<xmlattr>.time", fmt::format("{:.3f}", each.wall_s));
    total += each.wall_s;
    if (is_wrong(each)) {
      const bool error = each.status <= gate_status::flaky;
      const bool skip = each.status == gate_status::not_run;
      ++(skip ? skipped : error ? errors : failures);
      pt::ptree why;
      if (!skip) why.put("<xmlattr>.type", name_of(each.status));
      why.put("<xmlattr>.message",
              for_xml(each.complaints.empty() ? std::string(name_of(each.status))
                                              : each.complaints.front().text));
      if (!skip) why.put_value(for_xml(details_of(each) + each.reproduce + "\n"));
      one.add_child(skip ? "skipped" : error ? "error" : "failure", why);
    }
    suite.add_child("testcase", one);
  }
  pt::ptree head;
  head.put("<xmlattr>.name", "tandem ci");
  head.put("<xmlattr>.tests", results.size());
  head.put("<xmlattr>.failures", failures);
  head.put("<xmlattr>.errors", errors);
  head.put("<xmlattr>.skipped", skipped);
  head.put("<xmlattr>.time", fmt::format("{:.3f}", total));
  for (const auto& child : suite) head.push_back(child);
  pt::ptree root;
  root.add_child("testsuites.testsuite", head);
  std::ostringstream out;
  pt::write_xml(out, root, pt::xml_writer_make_settings<std::string>(' ', 1));
  return out.str();
}

std::string gate_markdown(const std::vector<gate_result>& results) {
  std::string out = "## tandem ci: " + sum_of(results) + "\n\n";
  if (std::ranges::none_of(results, is_wrong)) return out;
  out += "| scenario | level | | what |\n|---|---|---|---|\n";
  for (const auto& each : results) {
    if (!is_wrong(each)) continue;
    auto text = each.complaints.empty() ? "" : each.complaints.front().text;
    for (std::size_t at = 0; (at = text.find_first_of("|\n", at)) != std::string::npos; at += 2)
      text.replace(at, 1, text[at] == '|' ? "\\|" : "; ");
    out += fmt::format("| {} | {} | {} | {} |\n", each.what.name, each.what.level,
                       name_of(each.status), text);
  }
  for (const auto& each : results)
    if (is_wrong(each) && each.status != gate_status::not_run)
      out += fmt::format("\n<details><summary>{}</summary>\n\n```\n{}{}\n```\n</details>\n",
                         each.what.id(), details_of(each), each.reproduce);
  return out;
}

std::string gate_annotations(const std::vector<gate_result>& results) {
  std::string out;
  for (const auto& each : results)
    for (const auto& what : each.complaints)
      out += fmt::format("::{} file={}{},title={}::{}\n",
                         each.status == gate_status::untested ? "warning" : "error",
                         escaped(what.file, true),
                         what.line > 0 ? fmt::format(",line={}", what.line) : "",
                         escaped(each.what.id(), true), escaped(what.text, false));
  return out;
}

}  // namespace tandem::scenarios
