//! The calculator's answer as tables for people.

use std::fmt::Write as _;

use super::Answer;
use super::bill::bill;
use super::counts::{Amounts, Counts};
use super::idle::Line;
use super::prices::Prices;

/// Write units a second that a new on-demand table takes.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html>
pub(super) const NEW_TABLE: f64 = 4_000.0;
/// Write units a second that one partition takes, and so all items of one partition key until they are split apart.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html>
const PARTITION: f64 = 1_000.0;
/// The tables that are warmed up together: those that a row writes to.
const WARMED: f64 = 2.0;

/// A row of a table: what it is, and how much of it a design has.
type Row = (String, Box<dyn Fn(&Counts) -> f64>);

/// What an import costs.
pub(super) fn answer(answer: &Answer, rates: &[f64], ordered_seconds: f64) -> String {
    let work = &answer.work;
    let mut out = String::new();
    let share =
        |name: &str, share: f64| if share > 0.0 { format!("; {:.0} % {name}", share * 100.0) } else { String::new() };
    line(
        &mut out,
        &format!(
            "{} rows of {} columns and {:.0} bytes, {} identifiers{}{}{}{}{}{}",
            number(work.rows as f64),
            work.columns,
            work.row_bytes,
            work.identifiers,
            if work.segment { ", a segment" } else { "" },
            if work.action { ", an action" } else { "" },
            share("new", work.share.new),
            share("updated", work.share.updated),
            share("unchanged", work.share.unchanged),
            share("rejected", work.share.rejected),
        ),
    );
    line(&mut out, &format!("Prices of {}, {}, without free tiers\n", answer.prices.region, answer.prices.date));
    table_of_amounts(&mut out, answer);
    table_of_dollars(&mut out, answer);
    remarks(&mut out, answer, rates, ordered_seconds);
    out.truncate(out.trim_end().len());
    out
}

fn table_of_amounts(out: &mut String, answer: &Answer) {
    header(out, "", answer);
    for (name, amount) in amounts(answer) {
        if answer.designs.iter().any(|(_, counts)| amount(counts) != 0.0) {
            row(out, &name, answer.designs.iter().map(|(_, counts)| number(amount(counts))));
        }
    }
    let floor = floor(answer).map_or(0.0, |at| answer.designs[at].1.total_write_units());
    if floor > 0.0 {
        let times = answer.designs.iter().map(|(_, counts)| counts.total_write_units() / floor);
        row(out, "writes, times the floor", times.map(|times| format!("{times:.3}")));
    }
    out.push('\n');
}

fn table_of_dollars(out: &mut String, answer: &Answer) {
    header(out, "dollars", answer);
    let bills: Vec<_> = answer.designs.iter().map(|(_, counts)| bill(counts, &answer.prices)).collect();
    for at in 0..bills.first().map_or(0, |bill| bill.services.len()) {
        if bills.iter().any(|bill| bill.services[at].1 > 0.0) {
            row(out, bills[0].services[at].0, bills.iter().map(|bill| dollars(bill.services[at].1)));
        }
    }
    row(out, "total", bills.iter().map(|bill| dollars(bill.total)));
    let floor = floor(answer).map_or(0.0, |at| bills[at].total);
    if floor > 0.0 {
        row(out, "times the floor", bills.iter().map(|bill| format!("{:.2}", bill.total / floor)));
    }
    row(out, "stored, a month", bills.iter().map(|bill| dollars(bill.month)));
    out.push('\n');
}

/// Which of the designs is the floor.
fn floor(answer: &Answer) -> Option<usize> {
    answer.designs.iter().position(|(name, _)| *name == "floor")
}

/// How the file is cut, how long the tables need, and what is only guessed.
fn remarks(out: &mut String, answer: &Answer, rates: &[f64], ordered_seconds: f64) {
    let (plan, muster) = (answer.plan, &answer.designs[0].1);
    line(
        out,
        &format!(
            "Batches: {} in any order, {} one after another; messages of {} bytes; {} ledger pages; the file is cut {} times.",
            number(plan.parallel),
            number(plan.ordered),
            number(plan.message),
            number(plan.pages),
            number(plan.cuts)
        ),
    );
    let (table, units) = muster.busiest();
    for rate in rates {
        let (rate_text, time) = (number(*rate), duration(units / rate));
        line(
            out,
            &format!("At {rate_text} write units a second and table: {time} for the {} of {table}.", number(units)),
        );
        if *rate > NEW_TABLE {
            let price = (rate - NEW_TABLE) * answer.prices.write_unit_hour * WARMED;
            line(
                out,
                &format!(
                    "  Warm from the first second (WarmWriteUnits={rate:.0}): about ${price:.2}, once, for customers and identities."
                ),
            );
        }
    }
    let members = muster.write_units.get("segments").copied().unwrap_or(0.0);
    if members > 0.0 {
        line(
            out,
            &format!(
                "Members of one segment have one partition key, which takes {} a second until DynamoDB splits it: {} if it never did.",
                number(PARTITION),
                duration(members / PARTITION)
            ),
        );
    }
    if plan.ordered > 0.0 {
        line(
            out,
            &format!(
                "{:.3} % of the rows are in the ordered lane: {} at {ordered_seconds} s a batch.",
                answer.work.ordered() * 100.0,
                duration(plan.ordered * ordered_seconds)
            ),
        );
    }
    if let Some(rows) = answer.counted_rows {
        let times = answer.work.rows as f64 / rows as f64;
        line(
            out,
            &format!(
                "Counted with {} rows and multiplied by {}; so is what is paid once for an import.",
                number(rows as f64),
                number(times)
            ),
        );
    }
    line(
        out,
        &format!(
            "GB-seconds are a guess: {:.0} ms of the row processor for 1,000 rows, {:.0} ms of the splitter for a megabyte (--row-ms, --split-ms).",
            answer.pace.row_ms, answer.pace.split_ms
        ),
    );
}

/// The rows of the table of amounts.
fn amounts(answer: &Answer) -> Vec<Row> {
    let sum = |amounts: &Amounts| amounts.values().sum::<f64>();
    let mut rows: Vec<Row> = Vec::new();
    let mut tables: Vec<&'static str> = Vec::new();
    for (_, counts) in &answer.designs {
        tables.extend(counts.write_units.keys().filter(|table| !tables.contains(*table)).copied().collect::<Vec<_>>());
    }
    for table in tables {
        rows.push((
            format!("write units: {table}"),
            Box::new(move |counts| counts.write_units.get(table).copied().unwrap_or(0.0)),
        ));
    }
    rows.push(("write units".to_owned(), Box::new(Counts::total_write_units)));
    rows.push(("read units".to_owned(), Box::new(move |counts| sum(&counts.read_units))));
    rows.push(("messages".to_owned(), Box::new(|counts| counts.messages)));
    rows.push(("queue requests".to_owned(), Box::new(|counts| counts.queue_requests)));
    rows.push(("invocations".to_owned(), Box::new(move |counts| sum(&counts.invocations))));
    rows.push(("GB-seconds".to_owned(), Box::new(move |counts| sum(&counts.gb_seconds))));
    rows.push(("object PUTs".to_owned(), Box::new(|counts| counts.object_puts)));
    rows.push(("object GETs".to_owned(), Box::new(|counts| counts.object_gets)));
    rows.push(("transitions".to_owned(), Box::new(|counts| counts.transitions)));
    rows.push(("express runs".to_owned(), Box::new(|counts| counts.express_requests)));
    rows.push(("MB stored".to_owned(), Box::new(|counts| (counts.table_bytes + counts.object_bytes) / 1e6)));
    rows
}

/// What a month without imports costs.
pub(super) fn idle(lines: &[Line], prices: &Prices) -> String {
    let mut out = String::new();
    line(&mut out, &format!("A month without imports; prices of {}, {}", prices.region, prices.date));
    row(&mut out, "", ["amount".to_owned(), "dollars".to_owned(), "beyond free".to_owned()]);
    for entry in lines {
        row(&mut out, entry.what, [number(entry.amount), dollars(entry.dollars), dollars(entry.beyond_free)]);
    }
    let total = |of: fn(&Line) -> f64| dollars(lines.iter().map(of).sum());
    row(&mut out, "total", [String::new(), total(|line| line.dollars), total(|line| line.beyond_free)]);
    line(
        &mut out,
        &format!(
            "And what is stored: ${} a GB of tables with point-in-time recovery, ${} a GB of objects.",
            prices.table_storage_gb + prices.table_recovery_gb,
            prices.object_storage_gb
        ),
    );
    out.truncate(out.trim_end().len());
    out
}

fn header(out: &mut String, what: &str, answer: &Answer) {
    row(out, what, answer.designs.iter().map(|(name, _)| (*name).to_owned()));
}

fn row(out: &mut String, name: &str, cells: impl IntoIterator<Item = String>) {
    // Writing to a string cannot fail.
    let _written = write!(out, "{name:<25}");
    for cell in cells {
        let _written = write!(out, "{cell:>15}");
    }
    out.truncate(out.trim_end_matches(' ').len());
    out.push('\n');
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

/// A whole number with commas; small ones with what is behind the point.
pub(crate) fn number(value: f64) -> String {
    // A sum of nothing is -0.
    let value = value + 0.0;
    if value > 0.0 && value < 10.0 && value.fract() > 0.005 {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits.as_str()), |digits| ("-", digits));
    let mut out = sign.to_owned();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn dollars(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        value if value < 0.1 => format!("{value:.5}"),
        value => format!("{value:.3}"),
    }
}

/// Seconds as people say them.
pub(crate) fn duration(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 90.0 => format!("{seconds:.0} seconds"),
        seconds if seconds < 5_400.0 => format!("{:.1} minutes", seconds / 60.0),
        seconds => format!("{:.1} hours", seconds / 3_600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(number(1_234_567.0), "1,234,567");
        assert_eq!((number(999.0), number(-0.0)), ("999".to_owned(), "0".to_owned()));
        assert_eq!(number(0.125), "0.12");
        assert_eq!((duration(75.0), duration(1_250.0)), ("75 seconds".to_owned(), "20.8 minutes".to_owned()));
        assert_eq!(dollars(0.00012), "0.00012");
    }
}
