//! The App's webhook and its deliveries, for the App alone.

use serde_json::{Value, json};

use super::apps::app;
use crate::call::Call;
use crate::render::time;
use crate::reply::{Answer, Reply};
use crate::webhook::{Delivery, KEPT, Outcome, send_again};

/// The words and the number of the API for how an attempt ended, its seconds, and what was answered.
/// `None` for attempts the API does not show.
fn ended(delivery: &Delivery) -> Option<(String, u16, f64, Value)> {
    match &delivery.outcome {
        Outcome::Waiting | Outcome::Held | Outcome::Dropped | Outcome::Sending => None,
        Outcome::Answered {
            status,
            headers,
            body,
            duration,
        } => {
            let word = match status {
                200..=299 => "OK".to_owned(),
                other => format!("Invalid HTTP Response: {other}"),
            };
            let headers: Value = headers
                .iter()
                .map(|(name, value)| (name.clone(), json!(value)))
                .collect();
            let answer = json!({"headers": headers, "payload": body});
            Some((word, *status, duration.as_secs_f64(), answer))
        }
        Outcome::Failed {
            why,
            status,
            duration,
        } => Some((
            why.clone(),
            *status,
            duration.as_secs_f64(),
            json!({"headers": {}, "payload": ""}),
        )),
    }
}

fn show(delivery: &Delivery) -> Option<Value> {
    let (status, code, seconds, _) = ended(delivery)?;
    Some(json!({
        "id": delivery.id,
        "guid": delivery.guid,
        "delivered_at": time(delivery.at),
        "redelivery": delivery.redelivery,
        "duration": (seconds * 100.0).round() / 100.0,
        "status": status,
        "status_code": code,
        "event": delivery.event,
        "action": delivery.action,
        "installation_id": delivery.installation,
        "repository_id": delivery.repository,
        "throttled_at": null,
    }))
}

/// The attempts of an App that the API still shows, newest first.
fn shown<'a>(call: &'a Call<'_>, app: &str) -> Vec<&'a Delivery> {
    let since = call.state.now() - KEPT;
    let all = call.state.hook.deliveries.iter().rev();
    all.filter(|one| one.app == app && one.at >= since && ended(one).is_some())
        .collect()
}

pub(crate) fn config(call: &mut Call<'_>) -> Answer {
    app(call)?;
    let target = call.state.hook.target.as_ref();
    let target = target.ok_or_else(Reply::not_found)?;
    Ok(Reply::ok(json!({
        "url": target.url,
        "content_type": "json",
        "insecure_ssl": "0",
        "secret": "********",
    })))
}

pub(crate) fn list(call: &mut Call<'_>) -> Answer {
    let app = app(call)?;
    let query = |name: &str| call.query.get(name);
    let size = query("per_page").and_then(|text| text.parse().ok());
    let size: usize = size.unwrap_or(30).clamp(1, 100);
    let mut all = shown(call, &app);
    if let Some(wanted) = query("status") {
        all.retain(|one| one.accepted() == (wanted == "success"));
    }
    if let Some(cursor) = query("cursor") {
        // The cursor names the newest attempt of the page, and says nothing to clients.
        let first = cursor.strip_prefix("v1_").and_then(|id| id.parse().ok());
        let first: u64 = first.ok_or_else(|| Reply::error(400, "Invalid cursor"))?;
        all.retain(|one| one.id <= first);
    }
    let page: Vec<Value> = all.iter().take(size).filter_map(|one| show(one)).collect();
    let reply = Reply::ok(Value::Array(page));
    let Some(next) = all.get(size) else {
        return Ok(reply);
    };
    let status = query("status").map_or(String::new(), |word| format!("&status={word}"));
    let link = format!(
        "<{}?per_page={size}&cursor=v1_{}{status}>; rel=\"next\"",
        call.url, next.id
    );
    Ok(reply.header("link", link))
}

fn of_path<'a>(call: &'a Call<'_>) -> Result<&'a Delivery, Reply> {
    let (app, id) = (app(call)?, call.id("delivery_id")?);
    let all = shown(call, &app);
    let found = all.into_iter().find(|one| one.id == id);
    found.ok_or_else(Reply::not_found)
}

pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let delivery = of_path(call)?;
    let mut made = show(delivery).unwrap_or_default();
    let headers: Value = delivery
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    made["url"] = json!("");
    made["request"] = json!({"headers": headers, "payload": delivery.json()});
    if let Some((.., answer)) = ended(delivery) {
        made["response"] = answer;
    }
    Ok(Reply::ok(made))
}

/// Sends it again, as another attempt with the same guid.
pub(crate) fn redeliver(call: &mut Call<'_>) -> Answer {
    let id = of_path(call)?.id;
    send_again(call.state, id);
    Ok(Reply::json(202, json!({})))
}
