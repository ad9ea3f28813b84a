-- Times are milliseconds since 1970, UTC. Object names and hashes are hex. One text for both databases.
CREATE TABLE installations (
    id BIGINT PRIMARY KEY,
    account TEXT NOT NULL,
    -- active, suspended, deleted
    state TEXT NOT NULL,
    -- When its work was last taken up: the one that waited longest comes next.
    served_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL
);

CREATE TABLE repositories (
    id BIGINT PRIMARY KEY,
    installation BIGINT NOT NULL,
    full_name TEXT NOT NULL,
    default_branch TEXT NOT NULL,
    is_private BIGINT NOT NULL,
    -- active, archived, removed
    state TEXT NOT NULL,
    updated_ms BIGINT NOT NULL
);
CREATE INDEX repositories_by_installation ON repositories (installation);

-- Every delivery once, by GitHub's own id; no bodies.
CREATE TABLE deliveries (
    id TEXT PRIMARY KEY,
    event TEXT NOT NULL,
    action TEXT NOT NULL,
    installation BIGINT,
    repository BIGINT,
    pull BIGINT,
    -- queued, applied, ignored
    outcome TEXT NOT NULL,
    received_ms BIGINT NOT NULL
);
CREATE INDEX deliveries_by_time ON deliveries (received_ms);

-- One row for each thing to do; the key makes ten pushes one job.
CREATE TABLE jobs (
    key TEXT PRIMARY KEY,
    -- pull, group, sweep
    kind TEXT NOT NULL,
    installation BIGINT NOT NULL,
    repository BIGINT NOT NULL,
    number BIGINT NOT NULL,
    -- The commits of a merge group; empty otherwise, because the live pull request says its head.
    head TEXT NOT NULL,
    base TEXT NOT NULL,
    -- queued, leased, dead
    state TEXT NOT NULL,
    -- Rises with every request: a job that was asked for again while it ran runs again.
    generation BIGINT NOT NULL,
    -- The generation that runs.
    running BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    -- Tries that count towards giving up: an outage is none.
    strikes BIGINT NOT NULL,
    due_ms BIGINT NOT NULL,
    lease_until_ms BIGINT NOT NULL,
    worker TEXT NOT NULL,
    delivery TEXT NOT NULL,
    error TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL
);
CREATE INDEX jobs_by_turn ON jobs (installation, state, due_ms);
CREATE INDEX jobs_by_state ON jobs (state, lease_until_ms);

-- What people asked for in a discussion or on a check run, until it is answered.
CREATE TABLE requests (
    -- comment:ID, review-comment:ID, action:DELIVERY
    id TEXT PRIMARY KEY,
    repository BIGINT NOT NULL,
    number BIGINT NOT NULL,
    -- review-comment, comment, action
    kind TEXT NOT NULL,
    -- Number of the comment or of the check run.
    target BIGINT NOT NULL,
    -- The check run's action; for comments, whose text GitHub has, a hash of it.
    action TEXT NOT NULL,
    person TEXT NOT NULL,
    asked_ms BIGINT NOT NULL,
    -- 0 = not yet.
    answered_ms BIGINT NOT NULL
);
CREATE INDEX requests_by_pull ON requests (repository, number, answered_ms);

-- The newest review of each head.
CREATE TABLE reviews (
    repository BIGINT NOT NULL,
    number BIGINT NOT NULL,
    head TEXT NOT NULL,
    base TEXT NOT NULL,
    title TEXT NOT NULL,
    author TEXT NOT NULL,
    -- passed, findings, incomplete
    outcome TEXT NOT NULL,
    files BIGINT NOT NULL,
    changed_lines BIGINT NOT NULL,
    reported BIGINT NOT NULL,
    blocking BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    gaps BIGINT NOT NULL,
    check_run BIGINT NOT NULL,
    started_ms BIGINT NOT NULL,
    ended_ms BIGINT NOT NULL,
    -- What fell short, one sentence a line.
    notes TEXT NOT NULL,
    PRIMARY KEY (repository, number, head)
);
CREATE INDEX reviews_by_time ON reviews (ended_ms);

-- Findings of pull requests: no code, only what a comment shows.
CREATE TABLE findings (
    repository BIGINT NOT NULL,
    number BIGINT NOT NULL,
    fingerprint TEXT NOT NULL,
    moved TEXT NOT NULL,
    rule TEXT NOT NULL,
    lesson TEXT NOT NULL,
    severity TEXT NOT NULL,
    prec TEXT NOT NULL,
    component TEXT NOT NULL,
    path TEXT NOT NULL,
    line BIGINT NOT NULL,
    message TEXT NOT NULL,
    -- open, fixed, accepted, disputed, closed
    state TEXT NOT NULL,
    first_ms BIGINT NOT NULL,
    last_ms BIGINT NOT NULL,
    ended_ms BIGINT NOT NULL,
    PRIMARY KEY (repository, number, fingerprint)
);
CREATE INDEX findings_by_rule ON findings (rule, state);
CREATE INDEX findings_by_time ON findings (first_ms);

-- What people decided about findings.
CREATE TABLE decisions (
    -- The comment that asked for it.
    id TEXT PRIMARY KEY,
    repository BIGINT NOT NULL,
    number BIGINT NOT NULL,
    fingerprint TEXT NOT NULL,
    moved TEXT NOT NULL,
    rule TEXT NOT NULL,
    path TEXT NOT NULL,
    -- accept, false-positive
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    -- YYYY-MM-DD, or empty.
    until_day TEXT NOT NULL,
    ticket TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    proposed_ms BIGINT NOT NULL,
    -- Empty until a second person agreed, where one is needed.
    approved_by TEXT NOT NULL,
    approved_ms BIGINT NOT NULL,
    -- proposed, active, withdrawn
    state TEXT NOT NULL
);
CREATE INDEX decisions_by_repository ON decisions (repository, state);

-- What was said of a rule's findings by the buttons of a check run.
CREATE TABLE disputes (
    repository BIGINT NOT NULL,
    number BIGINT NOT NULL,
    fingerprint TEXT NOT NULL,
    rule TEXT NOT NULL,
    said_ms BIGINT NOT NULL,
    PRIMARY KEY (repository, number, fingerprint)
);

-- The chain of signed review records of each repository.
CREATE TABLE records (
    repository BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    number BIGINT NOT NULL,
    head TEXT NOT NULL,
    line TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    PRIMARY KEY (repository, sequence)
);
CREATE TABLE checkpoints (
    repository BIGINT PRIMARY KEY,
    line TEXT NOT NULL
);
CREATE INDEX records_by_pull ON records (repository, number);

-- The history of weaknesses: the lines that a local history has, and what is open after them.
CREATE TABLE runs (
    repository BIGINT NOT NULL,
    id TEXT NOT NULL,
    number BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (repository, id)
);
CREATE INDEX runs_by_time ON runs (at_ms);
CREATE TABLE open_findings (
    repository BIGINT NOT NULL,
    number BIGINT NOT NULL,
    lines TEXT NOT NULL,
    PRIMARY KEY (repository, number)
);

-- Who is signed in to the pages: a hash of the cookie, and what they may see.
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    login TEXT NOT NULL,
    -- Numbers of repositories, comma-separated.
    repositories TEXT NOT NULL,
    checked_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL
);

-- Small facts of the service itself.
CREATE TABLE facts (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
