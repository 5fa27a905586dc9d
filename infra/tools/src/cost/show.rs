//! The answer as tables and remarks for people.

use super::answer::Answer;
use super::bill::bill;
use super::counts::{Amounts, Counts};
use super::designs::Design;
use super::layout::{line, row};
use super::on_aws;
use super::plan::Plan;
use crate::readable::{dollars, duration, number};

/// Write units a second that a new on-demand table takes.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html>
const NEW_TABLE: f64 = 4_000.0;
/// Tables that `WarmWriteUnits` warms up: customers and identities.
const WARMED: f64 = 2.0;

/// A row of the table of amounts: its name, and its amount for a design.
type Row = (String, Box<dyn Fn(&Counts) -> f64>);

/// What an import costs.
pub(super) fn answer(answer: &Answer) -> String {
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
    table_of_amounts(&mut out, &answer.designs);
    table_of_dollars(&mut out, answer);
    if !answer.outcomes.is_empty() {
        on_aws::table::table(&mut out, &answer.outcomes, answer.prices.lambda_gb_second);
    }
    remarks(&mut out, answer);
    out.truncate(out.trim_end().len());
    out
}

fn table_of_amounts(out: &mut String, designs: &[Design]) {
    header(out, "", designs);
    for (name, amount) in amounts(designs) {
        if designs.iter().any(|design| amount(&design.counts) != 0.0) {
            row(out, &name, designs.iter().map(|design| number(amount(&design.counts))));
        }
    }
    let floor = floor(designs).map_or(0.0, |at| designs[at].counts.total_write_units());
    if floor > 0.0 {
        let times = designs.iter().map(|design| design.counts.total_write_units() / floor);
        row(out, "writes, times the floor", times.map(|times| format!("{times:.3}")));
    }
    out.push('\n');
}

fn table_of_dollars(out: &mut String, answer: &Answer) {
    header(out, "dollars", &answer.designs);
    let bills: Vec<_> = answer.designs.iter().map(|design| bill(&design.counts, &answer.prices)).collect();
    for at in 0..bills.first().map_or(0, |bill| bill.services.len()) {
        if bills.iter().any(|bill| bill.services[at].1 > 0.0) {
            row(out, bills[0].services[at].0, bills.iter().map(|bill| dollars(bill.services[at].1)));
        }
    }
    row(out, "total", bills.iter().map(|bill| dollars(bill.total)));
    let floor = floor(&answer.designs).map_or(0.0, |at| bills[at].total);
    if floor > 0.0 {
        row(out, "times the floor", bills.iter().map(|bill| format!("{:.2}", bill.total / floor)));
    }
    row(out, "stored, a month", bills.iter().map(|bill| dollars(bill.month)));
    out.push('\n');
}

fn header(out: &mut String, name: &str, designs: &[Design]) {
    row(out, name, designs.iter().map(|design| design.name.to_owned()));
}

/// The position of the floor among the designs.
fn floor(designs: &[Design]) -> Option<usize> {
    designs.iter().position(|design| design.name == "floor")
}

/// The rows of the table of amounts.
fn amounts(designs: &[Design]) -> Vec<Row> {
    let sum = |amounts: &Amounts| amounts.values().sum::<f64>();
    let mut rows: Vec<Row> = Vec::new();
    let mut tables: Vec<&'static str> = Vec::new();
    for design in designs {
        let new: Vec<_> = design.counts.write_units.keys().filter(|table| !tables.contains(*table)).copied().collect();
        tables.extend(new);
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

/// How the file is cut, how long the tables need, and which figures are only guesses.
fn remarks(out: &mut String, answer: &Answer) {
    let (plan, muster) = (answer.plan, &answer.designs[0].counts);
    line(out, &pieces(&plan));
    let (table, units) = muster.busiest();
    for rate in &answer.write_rates {
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
                    "  To be as fast from the first second (WarmWriteUnits={rate:.0}): about ${price:.2}, once, for customers and identities."
                ),
            );
        }
    }
    let members = muster.write_units.get("segments").copied().unwrap_or(0.0);
    if members > 0.0 {
        line(
            out,
            &format!(
                "The members of a segment are spread over partition keys that take {} a second together: {}.",
                number(on_aws::SEGMENT_WRITES),
                duration(members / on_aws::SEGMENT_WRITES)
            ),
        );
    }
    if plan.later_waves > 0.0 {
        let share = answer.work.later() * 100.0;
        line(out, &format!("{share:.3} % of the rows are outside wave 0: they run after the others."));
    }
    if let Some(rows) = answer.counted_rows {
        let times = answer.work.rows as f64 / rows as f64;
        line(
            out,
            &format!(
                "The sample had {} rows; its counts are multiplied by {}, even those that an import has only once.",
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

fn pieces(plan: &Plan) -> String {
    format!(
        "Batches: {} in wave 0, {} after it; messages of {} bytes; {} ledger pages; the file is dispatched in {} parts.",
        number(plan.first_wave),
        number(plan.later_waves),
        number(plan.message),
        number(plan.pages),
        number(plan.parts)
    )
}
