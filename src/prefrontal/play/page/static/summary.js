// What a player did, in the few numbers that the end shows: as our server counts them, where there is none.

const MOST_PLACES = 8;

const share = (of) => (of.length ? of.filter(Boolean).length / of.length : null);

// Pairs of trials that follow one another, both answered (the later one at least at first).
function followed(played, isNew) {
  return played.slice(1).flatMap((trial, place) => {
    const before = played[place];
    return trial.missed === 1 || before.missed || trial.index !== before.index + 1 || isNew(trial) ? [] : [[before, trial]];
  });
}

const stays = ([before, trial]) => trial.choices[0] === before.choices[0];

// How often the first choice was repeated after the four kinds of trial.
function journey(played) {
  const kinds = [[], [], [], []];
  for (const pair of followed(played, () => false)) {
    const [{ state, choices, reward }] = pair;
    kinds[(reward > 0 ? 0 : 2) + (state === choices[0] ? 0 : 1)].push(stays(pair));
  }
  return kinds.map(share);
}

function arms(played, { trials, better }) {
  const pairs = followed(played, ({ index }) => trials[index].trial === 0);
  const valid = played.filter((trial) => !trial.missed);
  const half = Math.floor(trials.length / 2);
  const chosen = (part) => share(valid.filter(part).map(({ index, choices }) => choices[0] === better?.[index]));
  return [
    share(pairs.filter(([{ reward }]) => reward > 0).map(stays)),
    share(pairs.filter(([{ reward }]) => !(reward > 0)).map(stays)),
    better ? chosen(({ index }) => index < half) : null,
    better ? chosen(({ index }) => index >= half) : null,
  ];
}

function objects(played, { trials }) {
  const count = Math.min(MOST_PLACES, 1 + Math.max(...trials.map(({ trial }) => trial ?? 0)));
  const at = (place) => played.filter(({ index, missed }) => !missed && trials[index].trial === place);
  return Array.from({ length: count }, (_, place) => share(at(place).map(({ reward }) => reward > 0)));
}

const BARS = { "two-step": journey, daw: journey, bandit: arms, reversal: arms, harlow: objects };

export function summary(task, played, schedule) {
  const valid = played.filter((trial) => !trial.missed);
  const reward = valid.length ? valid.reduce((sum, trial) => sum + Math.max(trial.reward, 0), 0) / valid.length : null;
  return { bars: BARS[task](played, schedule), reward, weights: {} };
}
