// Dash takes a tooltip for something whose words callbacks change, and then looks through all that has ever changed on the
// page, for each tooltip, at each change: half of a page's work while a run is watched. Ours never change alone.
delete window.dash_mantine_components.Tooltip.dashChildrenUpdate;
