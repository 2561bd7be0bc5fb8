/** Ids become folder names. Names that begin with another character are those of the agent's own folders. */
const idForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** The name that the folder of the agent's own log had in earlier versions. No server has this id, in upper or lower case. */
export const formerOwnLog = 'agent';

/** Whether an id of a server can name its folders. */
export function isFolderId(id: string): boolean {
  return idForm.test(id) && id.toLowerCase() !== formerOwnLog;
}
