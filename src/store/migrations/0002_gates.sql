-- What each pull request and merge group says of its newest commit. A check run belongs to a commit, and
-- several of them may share one: its gate is open only if all of them say so.
CREATE TABLE gates (
    repository BIGINT NOT NULL,
    -- As in the external id of the check run: pull:NUMBER, group:BASE.
    subject TEXT NOT NULL,
    head TEXT NOT NULL,
    -- Pull request; 0 for a group.
    number BIGINT NOT NULL,
    -- pending, open, closed
    state TEXT NOT NULL,
    changed_ms BIGINT NOT NULL,
    PRIMARY KEY (repository, subject, head)
);
CREATE INDEX gates_by_head ON gates (repository, head);

-- What keeps pull requests from merging now: the newest review of each that has open findings.
INSERT INTO gates (repository, subject, head, number, state, changed_ms)
SELECT r.repository, 'pull:' || CAST(r.number AS TEXT), r.head, r.number, 'closed', r.ended_ms FROM reviews r
WHERE r.number > 0 AND r.outcome IN ('findings', 'incomplete')
AND NOT EXISTS (SELECT 1 FROM reviews n WHERE n.repository = r.repository AND n.number = r.number
    AND (n.ended_ms > r.ended_ms OR (n.ended_ms = r.ended_ms AND n.head > r.head)))
AND EXISTS (SELECT 1 FROM findings f WHERE f.repository = r.repository AND f.number = r.number
    AND f.state = 'open');

-- Never read.
ALTER TABLE jobs DROP COLUMN running;

-- Lists of one repository, a part at a time.
CREATE INDEX reviews_by_repository ON reviews (repository, ended_ms);
CREATE INDEX runs_by_repository ON runs (repository, at_ms);
