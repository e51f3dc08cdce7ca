/** The quorum that all of consensus rests on: any two majorities have a member in common. */

/** How many of so many voters are a majority: more than half. */
export const majorityOf = (voterCount: number): number => Math.floor(voterCount / 2) + 1;
